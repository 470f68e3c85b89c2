-- API keys have an id that people may see, and may end: by a date, or revoked by hand. A revoked key keeps its row, because the
-- audit log names it by its id.
-- way back:
--   ALTER TABLE callscope.api_keys NO FORCE ROW LEVEL SECURITY;
--   DELETE FROM callscope.api_keys WHERE revoked_ms IS NOT NULL OR expires_ms IS NOT NULL;
--   ALTER TABLE callscope.api_keys FORCE ROW LEVEL SECURITY;
--   DROP POLICY key_ends ON callscope.api_keys;
--   REVOKE UPDATE (revoked_ms, last_used_ms) ON callscope.api_keys FROM callscope_system;
--   ALTER TABLE callscope.api_keys DROP COLUMN id, DROP COLUMN expires_ms, DROP COLUMN revoked_ms, DROP COLUMN last_used_ms;

-- The program before this one knows no end of a key: on the way back, keys that have one are deleted rather than left open for ever.
ALTER TABLE callscope.api_keys
  ADD COLUMN id text NOT NULL DEFAULT 'key_' || left(replace(gen_random_uuid()::text, '-', ''), 16) UNIQUE,
  ADD COLUMN expires_ms bigint CHECK (expires_ms > 0),
  ADD COLUMN revoked_ms bigint CHECK (revoked_ms > 0);
-- When a process last believed it, up to a minute late.
ALTER TABLE callscope.api_keys ADD COLUMN last_used_ms bigint CHECK (last_used_ms > 0);

CREATE POLICY key_ends ON callscope.api_keys FOR UPDATE TO callscope_system
  USING (current_user = 'callscope_system') WITH CHECK (current_user = 'callscope_system');
GRANT UPDATE (revoked_ms, last_used_ms) ON callscope.api_keys TO callscope_system;
