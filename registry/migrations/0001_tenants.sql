-- Tenants, their API keys, and the two roles through which the program works. Neither role owns anything, so
-- row-level security holds for both: callscope_app sees one tenant at a time, callscope_system the few tables
-- that must be searched across tenants (which tenant does this key belong to?).
-- way back:
--   DROP TABLE callscope.api_keys, callscope.tenants;
--   DROP FUNCTION callscope.current_tenant();
--   REVOKE USAGE ON SCHEMA callscope FROM callscope_app, callscope_system;
--   DROP ROLE callscope_app, callscope_system;

DO $$
BEGIN
  -- Roles belong to the whole server, where another database of ours may have made them already.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callscope_app') THEN CREATE ROLE callscope_app NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callscope_system') THEN CREATE ROLE callscope_system NOLOGIN; END IF;
END
$$;
GRANT callscope_app, callscope_system TO CURRENT_USER;
GRANT USAGE ON SCHEMA callscope TO callscope_app, callscope_system;

-- Unset and empty both mean: no tenant, and with it no row. `SET LOCAL` leaves an empty string behind.
CREATE FUNCTION callscope.current_tenant() RETURNS text LANGUAGE sql STABLE
  RETURN nullif(current_setting('app.tenant_id', true), '');

CREATE TABLE callscope.tenants (
  id text PRIMARY KEY CHECK (id <> '' AND id <> '*'),
  name text NOT NULL,
  created_ms bigint NOT NULL
);
ALTER TABLE callscope.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE callscope.tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON callscope.tenants TO callscope_app
  USING (id = callscope.current_tenant());
-- By name and not `USING (true)`: a policy also holds for members of its role, and the owner is one.
CREATE POLICY all_tenants ON callscope.tenants TO callscope_system USING (current_user = 'callscope_system');
GRANT SELECT ON callscope.tenants TO callscope_app;
GRANT SELECT, INSERT, UPDATE ON callscope.tenants TO callscope_system;

CREATE TABLE callscope.api_keys (
  sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  tenant text NOT NULL REFERENCES callscope.tenants,
  role text NOT NULL CHECK (role IN ('ingest', 'reader', 'administrator')),
  label text NOT NULL,
  created_ms bigint NOT NULL
);
ALTER TABLE callscope.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE callscope.api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON callscope.api_keys TO callscope_app
  USING (tenant = callscope.current_tenant()) WITH CHECK (tenant = callscope.current_tenant());
CREATE POLICY all_tenants ON callscope.api_keys FOR SELECT TO callscope_system
  USING (current_user = 'callscope_system');
GRANT SELECT, INSERT, DELETE ON callscope.api_keys TO callscope_app;
GRANT SELECT ON callscope.api_keys TO callscope_system;
