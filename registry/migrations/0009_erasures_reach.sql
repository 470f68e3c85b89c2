-- Erasures reach the archive and other stores: how far each object was looked through, and what is left to be done.
-- way back:
--   DROP TABLE callscope.erasure_steps, callscope.archive_leftovers;
--   ALTER TABLE callscope.archive_objects DROP COLUMN erased_until;
--   REVOKE UPDATE, DELETE ON callscope.archive_objects FROM callscope_system;

-- Sequence of the last erasure that was on the list when the object was written or looked through.
ALTER TABLE callscope.archive_objects ADD COLUMN erased_until bigint NOT NULL DEFAULT 0 CHECK (erased_until >= 0);
GRANT UPDATE (erased_until), DELETE ON callscope.archive_objects TO callscope_system;

-- Objects that may lie in the store and that no row of the index names. Noted before they come into being, or in the transaction
-- that takes their row away, so that none is forgotten by a process that is killed.
CREATE TABLE callscope.archive_leftovers (
  key text PRIMARY KEY CHECK (key <> ''),
  -- False: about to be written; whoever noted it may still be at it.
  replaced boolean NOT NULL,
  noted_ms bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON callscope.archive_leftovers TO callscope_system;

-- What became of an erasure in each store. The warehouse is no row: it is dealt with when the erasure is told.
CREATE TABLE callscope.erasure_steps (
  sequence bigint NOT NULL REFERENCES callscope.erasures,
  tenant text NOT NULL,
  store text NOT NULL CHECK (store <> ''),
  state text NOT NULL CHECK (state IN ('done', 'expires', 'unfinished')),
  count bigint NOT NULL CHECK (count >= 0),
  -- When the rest has gone by itself; null where there is none, or nobody can tell.
  gone_by_ms bigint,
  detail text NOT NULL,
  at_ms bigint NOT NULL,
  PRIMARY KEY (sequence, store)
);
ALTER TABLE callscope.erasure_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE callscope.erasure_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON callscope.erasure_steps TO callscope_app
  USING (tenant = callscope.current_tenant()) WITH CHECK (tenant = callscope.current_tenant());
GRANT SELECT, INSERT, UPDATE ON callscope.erasure_steps TO callscope_app;
