-- A stage transition writes as few rows as its readers can do with.

-- Decisions are read with their job and never alone: they stand in its row, one JSON array a line:
-- [position, producer, decision, reason, text].
ALTER TABLE jobs ADD COLUMN decisions TEXT NOT NULL DEFAULT '';
UPDATE jobs SET decisions=(
  SELECT group_concat(json_array(position,producer,decision,reason,text)||char(10),'')
  FROM chain_decisions d WHERE d.job_id=jobs.id)
WHERE id IN (SELECT job_id FROM chain_decisions);
DROP TABLE chain_decisions;

-- A trigger that looks at the state of each job costs every end of a job. A reservation counts while its
-- job runs: whoever adds reservations up looks at the job, and the next one removes what counts no more.
DROP TRIGGER llm_reservations_end;
