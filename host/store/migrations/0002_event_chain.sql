-- Each event carries the hash of the one before it and of its own fields (domain/event_chain.h). NULL: the event
-- is older than the chain; the chain begins at its genesis with the first event that has a hash.
ALTER TABLE events ADD COLUMN hash BLOB CHECK (hash IS NULL OR length(hash) = 32);
