-- Facts only; every status is derived from them. Times are milliseconds since the epoch, UTC. Words are those of
-- the domain tables, so that a person with a shell can read a row. A CHECK compares them one by one: an IN list
-- builds a temporary table whenever a row is written, which costs a third of a whole stage transition.

CREATE TABLE hosts (
  id          INTEGER PRIMARY KEY,
  instance    TEXT NOT NULL UNIQUE,   -- random per start
  pid         INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  boot_id     TEXT NOT NULL,
  version     TEXT NOT NULL,
  started_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE tasks (
  id            INTEGER PRIMARY KEY,
  work_item     TEXT NOT NULL UNIQUE,
  title         TEXT NOT NULL,
  repo          TEXT NOT NULL,
  repo_url      TEXT NOT NULL,
  branch        TEXT NOT NULL,
  stage         TEXT NOT NULL CHECK (stage = 'analysis' OR stage = 'architecture' OR stage = 'development'
                                     OR stage = 'review' OR stage = 'testing' OR stage = 'deploy-staging'
                                     OR stage = 'deploy' OR stage = 'done'),
  state         TEXT NOT NULL CHECK (state = 'active' OR state = 'waiting_human' OR state = 'held'
                                     OR state = 'done' OR state = 'cancelled'),
  rev           INTEGER NOT NULL,
  hold_class    TEXT,
  hold_reason   TEXT,
  code_fail     INTEGER NOT NULL DEFAULT 0,
  contract_fail INTEGER NOT NULL DEFAULT 0,
  infra_fail    INTEGER NOT NULL DEFAULT 0,
  head_commit   TEXT NOT NULL DEFAULT '',
  content_id    TEXT NOT NULL DEFAULT '',
  feedback      TEXT NOT NULL DEFAULT '',
  submitted_by  TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  stage_since   INTEGER NOT NULL,
  finished_at   INTEGER,              -- set exactly for done and cancelled tasks
  CHECK ((state = 'held') = (hold_class IS NOT NULL)),
  CHECK ((state = 'done') = (stage = 'done')),
  CHECK ((state = 'done' OR state = 'cancelled') = (finished_at IS NOT NULL))
) STRICT;
-- Open tasks alone: what /queue and /status look at, however many are finished.
-- finished_at is a column of it as well: only then a count reads the index alone.
CREATE INDEX tasks_open ON tasks(state, stage, hold_class, stage_since, finished_at) WHERE finished_at IS NULL;
-- Who works on a branch: asked with every new task.
CREATE INDEX tasks_open_branch ON tasks (repo, branch) WHERE finished_at IS NULL;
CREATE TRIGGER tasks_never_revived BEFORE UPDATE OF finished_at ON tasks
WHEN OLD.finished_at IS NOT NULL AND NEW.state IS NOT OLD.state
BEGIN
  SELECT RAISE(ABORT, 'a finished task stays finished');
END;
CREATE TRIGGER tasks_kept BEFORE DELETE ON tasks BEGIN
  SELECT RAISE(ABORT, 'a task is never removed');
END;

-- Apart from the row that every transition rewrites: a request may be long.
CREATE TABLE task_requests (
  task_id INTEGER PRIMARY KEY REFERENCES tasks(id),
  body    TEXT NOT NULL
) STRICT;

-- How many tasks ended where, so that nobody has to count them.
CREATE TABLE finished_tasks (
  stage  TEXT NOT NULL,
  state  TEXT NOT NULL,
  count  INTEGER NOT NULL,
  oldest INTEGER NOT NULL,            -- stage_since of the oldest
  PRIMARY KEY (stage, state)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tasks_finished AFTER UPDATE OF finished_at ON tasks
WHEN OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL
BEGIN
  INSERT INTO finished_tasks VALUES (NEW.stage, NEW.state, 1, NEW.stage_since)
    ON CONFLICT DO UPDATE SET count = count + 1, oldest = min(oldest, excluded.oldest);
END;
CREATE TRIGGER tasks_inserted_finished AFTER INSERT ON tasks WHEN NEW.finished_at IS NOT NULL
BEGIN
  INSERT INTO finished_tasks VALUES (NEW.stage, NEW.state, 1, NEW.stage_since)
    ON CONFLICT DO UPDATE SET count = count + 1, oldest = min(oldest, excluded.oldest);
END;

-- One row an attempt. State, attempt and owner are its fence; the owner stays when the job has ended.
CREATE TABLE jobs (
  id           INTEGER PRIMARY KEY,
  task_id      INTEGER NOT NULL REFERENCES tasks(id),
  kind         TEXT NOT NULL CHECK (kind = 'produce' OR kind = 'ci'),
  stage        TEXT NOT NULL,
  attempt      INTEGER NOT NULL CHECK (attempt >= 1),
  first_link   INTEGER NOT NULL,
  failed_runs  INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state = 'queued' OR state = 'running' OR state = 'finished'),
  run_after    INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  started_at   INTEGER,
  finished_at  INTEGER,
  deadline_at  INTEGER,
  owner        INTEGER REFERENCES hosts(id),
  generation   INTEGER NOT NULL DEFAULT 0,
  producer     TEXT NOT NULL DEFAULT '',
  outcome      TEXT NOT NULL DEFAULT '',
  reason       TEXT NOT NULL DEFAULT '',
  text         TEXT NOT NULL DEFAULT '',
  resume_token TEXT NOT NULL DEFAULT '',
  CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
  CHECK ((state = 'finished') = (outcome <> '')),
  CHECK ((owner IS NULL) = (started_at IS NULL)),
  CHECK ((owner IS NULL) = (deadline_at IS NULL)),
  CHECK (state = 'finished' OR (state = 'running') = (owner IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX jobs_live ON jobs(task_id) WHERE finished_at IS NULL;
-- One index a state: an index over both would serve no statement that asks for one.
CREATE INDEX jobs_queued ON jobs(run_after, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs(task_id) WHERE state = 'running';
CREATE INDEX jobs_of_task ON jobs(task_id);

CREATE TABLE outcome_counts (
  stage    TEXT NOT NULL,
  producer TEXT NOT NULL,
  outcome  TEXT NOT NULL,
  reason   TEXT NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (stage, producer, outcome, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE chain_decisions (
  job_id   INTEGER NOT NULL REFERENCES jobs(id),
  position INTEGER NOT NULL,
  producer TEXT NOT NULL,
  decision TEXT NOT NULL,
  reason   TEXT NOT NULL,
  text     TEXT NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (job_id, position, decision)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_runs (
  id                 INTEGER PRIMARY KEY,
  job_id             INTEGER NOT NULL REFERENCES jobs(id),
  task_id            INTEGER NOT NULL REFERENCES tasks(id),
  stage              TEXT NOT NULL,
  role               TEXT NOT NULL,
  program            TEXT NOT NULL,
  program_version    TEXT NOT NULL,
  model              TEXT NOT NULL,
  effort             TEXT NOT NULL,
  input_tokens       INTEGER,   -- unknown is NULL, never 0
  output_tokens      INTEGER,
  cache_read_tokens  INTEGER,
  cache_write_tokens INTEGER,
  cost_usd           REAL,
  turns              INTEGER,
  wall_ms            INTEGER NOT NULL,
  complete           INTEGER NOT NULL,
  result             TEXT NOT NULL,
  started_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_runs_of_task ON agent_runs(task_id);

CREATE TABLE artifacts (
  id         INTEGER PRIMARY KEY,
  job_id     INTEGER NOT NULL REFERENCES jobs(id),
  task_id    INTEGER NOT NULL REFERENCES tasks(id),
  stage      TEXT NOT NULL,
  attempt    INTEGER NOT NULL,
  name       TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  size       INTEGER NOT NULL,
  commit_id  TEXT NOT NULL,
  content_id TEXT NOT NULL,
  producer   TEXT NOT NULL,
  generation INTEGER NOT NULL,
  path       TEXT NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
CREATE INDEX artifacts_of_task ON artifacts(task_id);
CREATE TRIGGER artifacts_unchanged BEFORE UPDATE ON artifacts BEGIN
  SELECT RAISE(ABORT, 'a record of an artifact is never changed');
END;
CREATE TRIGGER artifacts_kept BEFORE DELETE ON artifacts BEGIN
  SELECT RAISE(ABORT, 'a record of an artifact is never removed');
END;

CREATE TABLE transition_leases (
  task_id     INTEGER PRIMARY KEY REFERENCES tasks(id),
  owner       INTEGER NOT NULL REFERENCES hosts(id),
  epoch       INTEGER NOT NULL CHECK (epoch >= 1),  -- grows with every acquire
  acquired_at INTEGER NOT NULL
) STRICT;

-- The audit trail. Rows are never changed and never removed.
CREATE TABLE events (
  id      INTEGER PRIMARY KEY,
  task_id INTEGER REFERENCES tasks(id),  -- NULL: not about one task
  kind    TEXT NOT NULL,
  actor   TEXT NOT NULL,
  text    TEXT NOT NULL,
  data    TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX events_of_task ON events(task_id) WHERE task_id IS NOT NULL;
CREATE TRIGGER events_unchanged BEFORE UPDATE ON events BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER events_kept BEFORE DELETE ON events BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;

CREATE TABLE approvals (
  id         INTEGER PRIMARY KEY,
  task_id    INTEGER NOT NULL REFERENCES tasks(id),
  stage      TEXT NOT NULL,
  approved   INTEGER NOT NULL,
  actor      TEXT NOT NULL,
  channel    TEXT NOT NULL,
  reason     TEXT NOT NULL,
  content_id TEXT NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
CREATE INDEX approvals_of_task ON approvals(task_id);

CREATE TABLE plugin_kills (
  plugin TEXT PRIMARY KEY,
  actor  TEXT NOT NULL,
  reason TEXT NOT NULL,
  at     INTEGER NOT NULL,
  until  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE deployments (
  id         INTEGER PRIMARY KEY,
  task_id    INTEGER NOT NULL REFERENCES tasks(id),
  job_id     INTEGER NOT NULL REFERENCES jobs(id),
  repo       TEXT NOT NULL,
  commit_id  TEXT NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
CREATE INDEX deployments_of_repo ON deployments(repo, at);

CREATE TABLE coverage_baselines (
  repo      TEXT PRIMARY KEY,
  percent   REAL NOT NULL CHECK (percent BETWEEN 0 AND 100),
  commit_id TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER coverage_only_rises BEFORE UPDATE ON coverage_baselines WHEN NEW.percent < OLD.percent
BEGIN
  SELECT RAISE(ABORT, 'a coverage baseline only rises');
END;

-- The embedded forge's pull requests: one a task.
CREATE TABLE pull_requests (
  number      INTEGER PRIMARY KEY,
  task_id     INTEGER NOT NULL UNIQUE REFERENCES tasks(id),
  repo        TEXT NOT NULL,
  branch      TEXT NOT NULL,
  base        TEXT NOT NULL,
  title       TEXT NOT NULL,
  head_commit TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state = 'open' OR state = 'merged' OR state = 'closed'),
  ci          TEXT NOT NULL,
  ci_text     TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
  id       INTEGER PRIMARY KEY,
  channel  TEXT NOT NULL,
  key      TEXT NOT NULL UNIQUE,
  body     TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due      INTEGER NOT NULL,
  error    TEXT NOT NULL DEFAULT '',
  sent_at  INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox(due, id) WHERE sent_at IS NULL;

CREATE TABLE deliveries (
  source TEXT NOT NULL,
  key    TEXT NOT NULL,
  answer TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
  id         INTEGER PRIMARY KEY,
  task_id    INTEGER NOT NULL,
  condition  TEXT NOT NULL,
  text       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  cleared_at INTEGER
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts(task_id, condition) WHERE cleared_at IS NULL;
