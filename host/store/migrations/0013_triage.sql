-- A run beside the deciding one may also be asked why the verdict is red. It decides no more than a comparison does.
ALTER TABLE shadow_runs ADD COLUMN purpose TEXT NOT NULL DEFAULT 'compare' CHECK (purpose = 'compare' OR purpose = 'triage');
CREATE INDEX triages ON shadow_runs(queued_at) WHERE purpose = 'triage';
