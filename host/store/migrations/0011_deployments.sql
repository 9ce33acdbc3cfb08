-- Deployments, and what was seen and decided after them. Nothing was ever written to the table of 0001.
DROP TABLE deployments;

-- One row a deployment: durable before its effect, completed after it.
CREATE TABLE deployments (
  id           INTEGER PRIMARY KEY,
  task_id      INTEGER NOT NULL REFERENCES tasks(id),
  job_id       INTEGER NOT NULL REFERENCES jobs(id),  -- the attempt that began it
  repo         TEXT NOT NULL,
  commit_id    TEXT NOT NULL,
  confirmed_by TEXT NOT NULL,
  producer     TEXT NOT NULL DEFAULT '',
  state        TEXT NOT NULL CHECK (state = 'intended' OR state = 'running' OR state = 'succeeded' OR state = 'failed'
                                    OR state = 'unknown' OR state = 'not_run'),
  text         TEXT NOT NULL DEFAULT '',
  begun_at     INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX deployments_open ON deployments(task_id)
  WHERE state = 'intended' OR state = 'running' OR state = 'unknown';
CREATE INDEX deployments_of_task ON deployments(task_id);
CREATE TRIGGER deployments_settled_once BEFORE UPDATE ON deployments
WHEN OLD.state = 'succeeded' OR OLD.state = 'failed' OR OLD.state = 'not_run'
BEGIN
  SELECT RAISE(ABORT, 'a deployment whose end is known stays as it is');
END;
CREATE TRIGGER deployments_kept BEFORE DELETE ON deployments BEGIN
  SELECT RAISE(ABORT, 'a record of a deployment is never removed');
END;

-- The post-deploy monitor of one deploy.
CREATE TABLE monitors (
  id            INTEGER PRIMARY KEY,
  task_id       INTEGER NOT NULL REFERENCES tasks(id),
  repo          TEXT NOT NULL,
  commit_id     TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state = 'baseline' OR state = 'watching' OR state = 'healthy' OR state = 'degraded'
                                     OR state = 'unobserved' OR state = 'superseded' OR state = 'abandoned'),
  text          TEXT NOT NULL DEFAULT '',
  rollback      TEXT NOT NULL DEFAULT 'none'
                CHECK (rollback = 'none' OR rollback = 'intended' OR rollback = 'succeeded' OR rollback = 'failed'
                       OR rollback = 'unknown' OR rollback = 'not_run'),
  rollback_text TEXT NOT NULL DEFAULT '',
  started_at    INTEGER NOT NULL,
  until         INTEGER NOT NULL,       -- of the baseline: the deploy waits no longer; then of the window
  ended_at      INTEGER,
  CHECK (rollback = 'none' OR state = 'degraded'),
  CHECK ((state = 'baseline' OR state = 'watching') = (ended_at IS NULL))
) STRICT;
CREATE INDEX monitors_of_task ON monitors(task_id);
CREATE INDEX monitors_of_repo ON monitors(repo, id);
CREATE INDEX monitors_open ON monitors(id) WHERE ended_at IS NULL OR rollback = 'intended';
CREATE TRIGGER monitors_end_once BEFORE UPDATE OF state ON monitors
WHEN OLD.ended_at IS NOT NULL AND NEW.state IS NOT OLD.state
BEGIN
  SELECT RAISE(ABORT, 'a monitor that has ended stays as it is');
END;
CREATE TRIGGER monitors_roll_back_once BEFORE UPDATE OF rollback ON monitors
WHEN NEW.rollback IS NOT OLD.rollback
     AND NOT (OLD.rollback = 'none' AND NEW.rollback = 'intended') AND OLD.rollback <> 'intended'
BEGIN
  SELECT RAISE(ABORT, 'a rollback is intended once and ends once');
END;
CREATE TRIGGER monitors_kept BEFORE DELETE ON monitors BEGIN
  SELECT RAISE(ABORT, 'a monitor is never removed');
END;

CREATE TABLE monitor_samples (
  id            INTEGER PRIMARY KEY,
  monitor_id    INTEGER NOT NULL REFERENCES monitors(id),
  before_deploy INTEGER NOT NULL,
  health        TEXT NOT NULL CHECK (health = 'healthy' OR health = 'unhealthy' OR health = 'unknown'),
  latency_ms    REAL,                   -- unknown is NULL, never 0
  error_rate    REAL,                   -- percent
  text          TEXT NOT NULL,
  at            INTEGER NOT NULL
) STRICT;
CREATE INDEX monitor_samples_of ON monitor_samples(monitor_id, id);
