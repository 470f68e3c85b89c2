-- Persons and calls that are to be forgotten. Persons are known by keyed hashes of what they are called, never in clear.
-- way back:
--   DROP TABLE callscope.erasures, callscope.erasure_salt;

CREATE TABLE callscope.erasures (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('party', 'call')),
  -- Of a person: hashes of every reading and pseudonym. Of a call: its correlation id.
  subjects text[] NOT NULL CHECK (cardinality(subjects) > 0),
  made_by text NOT NULL,
  made_ms bigint NOT NULL,
  UNIQUE (tenant, kind, subjects)
);
ALTER TABLE callscope.erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE callscope.erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON callscope.erasures TO callscope_app
  USING (tenant = callscope.current_tenant()) WITH CHECK (tenant = callscope.current_tenant());
CREATE POLICY all_tenants ON callscope.erasures FOR SELECT TO callscope_system
  USING (current_user = 'callscope_system');
-- Facts: a person who was forgotten cannot be remembered.
GRANT SELECT, INSERT ON callscope.erasures TO callscope_app;
GRANT SELECT ON callscope.erasures TO callscope_system;

-- A list that gets out by itself is no list of numbers that could be found by trying. Two version-4 UUIDs: 244 random bits.
CREATE TABLE callscope.erasure_salt (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  salt text NOT NULL
);
INSERT INTO callscope.erasure_salt (salt) VALUES (gen_random_uuid()::text || gen_random_uuid()::text);
GRANT SELECT ON callscope.erasure_salt TO callscope_system;
