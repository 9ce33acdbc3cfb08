-- What agent runs add up to, for a metric that is read every few seconds: a row a label set, kept with every run.
CREATE TABLE llm_totals (
  role               TEXT NOT NULL,
  model              TEXT NOT NULL,
  effort             TEXT NOT NULL,
  result             TEXT NOT NULL,
  runs               INTEGER NOT NULL,
  input_tokens       INTEGER NOT NULL,  -- of the runs that told
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cost_micro_usd     INTEGER NOT NULL,
  PRIMARY KEY (role, model, effort, result)
) STRICT, WITHOUT ROWID;

INSERT INTO llm_totals
SELECT role, model, effort, result, count(*), ifnull(sum(input_tokens), 0), ifnull(sum(output_tokens), 0),
       ifnull(sum(cache_read_tokens), 0), ifnull(sum(cache_write_tokens), 0),
       ifnull(sum(CAST(round(ifnull(cost_usd, 0) * 1000000) AS INTEGER)), 0)
FROM agent_runs GROUP BY role, model, effort, result;

CREATE TRIGGER llm_totals_add AFTER INSERT ON agent_runs
BEGIN
  INSERT INTO llm_totals
  VALUES (NEW.role, NEW.model, NEW.effort, NEW.result, 1, ifnull(NEW.input_tokens, 0), ifnull(NEW.output_tokens, 0),
          ifnull(NEW.cache_read_tokens, 0), ifnull(NEW.cache_write_tokens, 0),
          CAST(round(ifnull(NEW.cost_usd, 0) * 1000000) AS INTEGER))
  ON CONFLICT DO UPDATE SET
    runs = runs + 1,
    input_tokens = input_tokens + excluded.input_tokens,
    output_tokens = output_tokens + excluded.output_tokens,
    cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
    cost_micro_usd = cost_micro_usd + excluded.cost_micro_usd;
END;
