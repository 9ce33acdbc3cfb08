-- What a host must know after it was gone.

-- An operator's drain holds over a restart.
CREATE TABLE drains (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  actor  TEXT NOT NULL,
  reason TEXT NOT NULL,
  at     INTEGER NOT NULL
) STRICT;

-- Workers whose job was ended by a command and whose process is still awaited: nothing else may start in the
-- task's clone before.
CREATE TABLE ending_workers (
  job_id INTEGER PRIMARY KEY REFERENCES jobs(id)
) STRICT;

-- How often a starting host has found the job's worker ended and its end not taken in: an end that kills the host
-- is not tried for ever.
CREATE TABLE recoveries (
  job_id INTEGER PRIMARY KEY REFERENCES jobs(id),
  count  INTEGER NOT NULL
) STRICT;
