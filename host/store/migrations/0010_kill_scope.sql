-- A kill may hold for one repository alone, and what came in once is not remembered for ever.
CREATE TABLE scoped_kills (
  plugin TEXT NOT NULL,
  repo   TEXT NOT NULL,     -- '': everywhere
  actor  TEXT NOT NULL,
  reason TEXT NOT NULL,
  at     INTEGER NOT NULL,
  until  INTEGER,
  PRIMARY KEY (plugin, repo)
) STRICT, WITHOUT ROWID;
INSERT INTO scoped_kills SELECT plugin, '', actor, reason, at, until FROM plugin_kills;
DROP TABLE plugin_kills;
ALTER TABLE scoped_kills RENAME TO plugin_kills;
CREATE INDEX deliveries_by_age ON deliveries(at);
