-- The edge from staging to production: its jobs, what they came to, and what was landed.

-- The kinds of jobs of the edge. A column's CHECK goes with its column.
ALTER TABLE jobs RENAME COLUMN kind TO old_kind;
ALTER TABLE jobs ADD COLUMN kind TEXT NOT NULL DEFAULT 'produce' CHECK (kind = 'produce' OR kind = 'ci' OR kind = 'edge'
                                                                        OR kind = 'land' OR kind = 'image');
UPDATE jobs SET kind = old_kind;
ALTER TABLE jobs DROP COLUMN old_kind;

-- One row a try. `judged` is the intent: it is durable before anything is pushed.
CREATE TABLE merges (
  id            INTEGER PRIMARY KEY,
  task_id       INTEGER NOT NULL REFERENCES tasks(id),
  judged_by     INTEGER NOT NULL REFERENCES jobs(id),
  repo          TEXT NOT NULL,
  base          TEXT NOT NULL,
  base_commit   TEXT NOT NULL,
  branch_commit TEXT NOT NULL,        -- of upstream's copy of the task's branch; '': had none
  commit_id     TEXT NOT NULL,
  tree          TEXT NOT NULL,
  content_id    TEXT NOT NULL,
  coverage      REAL,
  state         TEXT NOT NULL CHECK (state = 'judged' OR state = 'landed' OR state = 'base_moved' OR state = 'withdrawn'),
  at            INTEGER NOT NULL,
  settled_at    INTEGER,
  CHECK ((state = 'judged') = (settled_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX merges_open ON merges(task_id) WHERE settled_at IS NULL;
CREATE UNIQUE INDEX merges_landed ON merges(task_id, commit_id) WHERE state = 'landed';
CREATE INDEX merges_of_task ON merges(task_id);
CREATE TRIGGER merges_settled_once BEFORE UPDATE ON merges WHEN OLD.settled_at IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'a merge is settled once');
END;
CREATE TRIGGER merges_kept BEFORE DELETE ON merges BEGIN
  SELECT RAISE(ABORT, 'a merge is never removed');
END;

-- Content that passed the tests of a suite.
CREATE TABLE tested_contents (
  task_id    INTEGER NOT NULL REFERENCES tasks(id),
  suite      TEXT NOT NULL,
  content_id TEXT NOT NULL,
  job_id     INTEGER NOT NULL REFERENCES jobs(id),
  at         INTEGER NOT NULL,
  PRIMARY KEY (task_id, suite, content_id)
) STRICT, WITHOUT ROWID;

-- The merge lock: whose turn it is in a repository.
CREATE TABLE merge_slots (
  repo     TEXT PRIMARY KEY,
  task_id  INTEGER NOT NULL UNIQUE REFERENCES tasks(id),
  taken_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gate_runs (
  id          INTEGER PRIMARY KEY,
  job_id      INTEGER NOT NULL REFERENCES jobs(id),
  gate        TEXT NOT NULL,
  result      TEXT NOT NULL,
  text        TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX gate_runs_of_job ON gate_runs(job_id);
-- How often a gate came to a result, so that nobody has to count the runs.
CREATE TABLE gate_counts (
  gate   TEXT NOT NULL,
  result TEXT NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (gate, result)
) STRICT, WITHOUT ROWID;
