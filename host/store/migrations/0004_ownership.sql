-- Who may carry out the side effects of a task's transition. A released lease keeps its row: the epoch, which every
-- stage write inside the region names, must never come twice. (The table of the first schema was never written.)
DROP TABLE transition_leases;
CREATE TABLE transition_leases (
  task_id     INTEGER PRIMARY KEY REFERENCES tasks(id),
  epoch       INTEGER NOT NULL CHECK (epoch >= 1),  -- grows with every acquire
  owner       INTEGER REFERENCES hosts(id),         -- NULL: released
  holder      TEXT NOT NULL,                        -- what took it: "job 41"
  acquired_at INTEGER NOT NULL,
  released_at INTEGER,
  CHECK ((owner IS NULL) = (released_at IS NOT NULL))
) STRICT;
CREATE INDEX transition_leases_held ON transition_leases(task_id) WHERE released_at IS NULL;
CREATE TRIGGER lease_epochs_grow BEFORE UPDATE ON transition_leases
WHEN NEW.epoch < OLD.epoch OR (OLD.owner IS NULL AND NEW.owner IS NOT NULL AND NEW.epoch = OLD.epoch)
BEGIN
  SELECT RAISE(ABORT, 'a lease is acquired under a new epoch');
END;
CREATE TRIGGER leases_kept BEFORE DELETE ON transition_leases BEGIN
  SELECT RAISE(ABORT, 'a lease is released, never removed');
END;

-- One task a repository between staging and production, in the order of arrival.
CREATE TABLE serial_gate (
  ticket     INTEGER PRIMARY KEY,                   -- the order of arrival
  task_id    INTEGER NOT NULL UNIQUE REFERENCES tasks(id),
  repo       TEXT NOT NULL,
  arrived_at INTEGER NOT NULL,
  entered_at INTEGER                                -- NULL: waits
) STRICT;
CREATE UNIQUE INDEX serial_gate_inside ON serial_gate(repo) WHERE entered_at IS NOT NULL;
CREATE INDEX serial_gate_line ON serial_gate(repo, ticket);

-- A host that ended as asked says so: what it left behind is no incident.
ALTER TABLE hosts ADD COLUMN stopped_at INTEGER;
