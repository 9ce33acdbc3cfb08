-- A producer that runs beside the one that decides, on the same commit, and decides nothing. One row a deciding job and
-- shadow; it names no state of the task, and nothing but the advisor reads it.
CREATE TABLE shadow_runs (
  id          INTEGER PRIMARY KEY,
  job_id      INTEGER NOT NULL REFERENCES jobs(id),  -- the deciding job
  task_id     INTEGER NOT NULL REFERENCES tasks(id),
  stage       TEXT NOT NULL,
  producer    TEXT NOT NULL,             -- the shadow
  decider     TEXT NOT NULL,
  decided     TEXT NOT NULL,             -- the token that counted
  commit_id   TEXT NOT NULL,             -- what both looked at
  state       TEXT NOT NULL CHECK (state = 'queued' OR state = 'running' OR state = 'finished'),
  queued_at   INTEGER NOT NULL,
  started_at  INTEGER,
  finished_at INTEGER,
  run_id      TEXT NOT NULL DEFAULT '',  -- in the environment of everything it starts
  outcome     TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL DEFAULT '',
  verdict     TEXT NOT NULL DEFAULT '',  -- the token that did not count
  text        TEXT NOT NULL DEFAULT '',
  artifact    TEXT NOT NULL DEFAULT '',  -- below the state folder
  UNIQUE (job_id, producer),
  CHECK ((state = 'finished') = (finished_at IS NOT NULL)),
  CHECK ((state = 'finished') = (outcome <> ''))
) STRICT;
CREATE INDEX shadow_runs_open ON shadow_runs(id) WHERE finished_at IS NULL;
