-- What keeps LLM runs back: reservations against a budget, and providers that answer nobody.

-- Of a job that runs and may ask a model. Once it runs no more, its agent runs stand in its place.
CREATE TABLE llm_reservations (
  job_id         INTEGER PRIMARY KEY REFERENCES jobs(id),
  task_id        INTEGER NOT NULL REFERENCES tasks(id),
  role           TEXT NOT NULL,
  at             INTEGER NOT NULL,
  tokens         INTEGER NOT NULL,
  cost_micro_usd INTEGER NOT NULL,
  wall_ms        INTEGER NOT NULL
) STRICT;
CREATE TRIGGER llm_reservations_end AFTER UPDATE OF state ON jobs
WHEN OLD.state = 'running' AND NEW.state <> 'running'
BEGIN
  DELETE FROM llm_reservations WHERE job_id = NEW.id;
END;
CREATE INDEX agent_runs_by_time ON agent_runs(started_at);
ALTER TABLE agent_runs ADD COLUMN cost_estimated INTEGER NOT NULL DEFAULT 0;  -- 1: from the price table

-- One row a provider that is kept from being asked; a provider that answers has none.
CREATE TABLE provider_pauses (
  plugin        TEXT NOT NULL,
  model         TEXT NOT NULL,     -- '': all of its models
  cause         TEXT NOT NULL,
  text          TEXT NOT NULL,
  since         INTEGER NOT NULL,
  trial_at      INTEGER,           -- NULL: not before an operator or a new configuration says so
  failed_trials INTEGER NOT NULL,
  PRIMARY KEY (plugin, model)
) STRICT, WITHOUT ROWID;
