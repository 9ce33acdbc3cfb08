-- One row a class of faults that a producer has met: whether it pauses the producer, and when the next job may try.
CREATE TABLE breakers (
  producer TEXT NOT NULL,
  reason   TEXT NOT NULL,
  faults   TEXT NOT NULL,      -- times of the last ones, oldest first, separated by commas
  open     INTEGER NOT NULL CHECK (open = 0 OR open = 1),
  since    INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  wait     INTEGER NOT NULL,   -- milliseconds
  PRIMARY KEY (producer, reason)
) STRICT, WITHOUT ROWID;
