-- The job of the oldest task runs first; with run_after and state in the index, neither the look for due jobs nor the one for
-- the next due time reads a row.
DROP INDEX jobs_queued;
CREATE INDEX jobs_queued ON jobs(task_id, run_after, state) WHERE state = 'queued';
