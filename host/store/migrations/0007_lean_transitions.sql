-- A stage transition writes as few index entries and pages as its readers can do with.

-- The state alone: an index that names the stage as well is written twice with every transition, and on other pages.
DROP INDEX tasks_open;
CREATE INDEX tasks_open ON tasks(state) WHERE finished_at IS NULL;
-- What is live and not queued runs.
DROP INDEX jobs_running;
