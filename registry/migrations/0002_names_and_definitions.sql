-- What a tenant calls things (carriers, regions, gateways), how its calls are judged, and what our own metrics
-- and models are made of.
-- way back:
--   DROP TABLE callscope.gateways, callscope.carriers, callscope.regions, callscope.quality_profiles;
--   DROP TABLE callscope.metric_definitions, callscope.model_metadata;

-- `position` fixes the order in which names are given label slots; later ones become 'other'.
CREATE TABLE callscope.carriers (
  tenant text NOT NULL REFERENCES callscope.tenants,
  name text NOT NULL CHECK (name <> ''),
  position integer NOT NULL,
  PRIMARY KEY (tenant, name)
);
CREATE TABLE callscope.regions (
  tenant text NOT NULL REFERENCES callscope.tenants,
  name text NOT NULL CHECK (name <> ''),
  position integer NOT NULL,
  PRIMARY KEY (tenant, name)
);
CREATE TABLE callscope.gateways (
  tenant text NOT NULL REFERENCES callscope.tenants,
  address text NOT NULL CHECK (address <> ''),
  name text NOT NULL,
  carrier text,
  region text,
  PRIMARY KEY (tenant, address),
  FOREIGN KEY (tenant, carrier) REFERENCES callscope.carriers,
  FOREIGN KEY (tenant, region) REFERENCES callscope.regions
);
CREATE TABLE callscope.quality_profiles (
  tenant text NOT NULL REFERENCES callscope.tenants,
  version text NOT NULL CHECK (version <> ''),
  -- A call is judged by the profile that was valid when it started.
  valid_from_ms bigint NOT NULL,
  thresholds jsonb NOT NULL,
  created_ms bigint NOT NULL,
  PRIMARY KEY (tenant, version)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['carriers', 'regions', 'gateways', 'quality_profiles'] LOOP
    EXECUTE format('ALTER TABLE callscope.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE callscope.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON callscope.%I TO callscope_app
      USING (tenant = callscope.current_tenant()) WITH CHECK (tenant = callscope.current_tenant())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON callscope.%I TO callscope_app', name);
  END LOOP;
END
$$;

-- The same for every tenant: what a figure means must not depend on who looks at it.
CREATE TABLE callscope.metric_definitions (
  name text PRIMARY KEY,
  unit text NOT NULL,
  help text NOT NULL,
  formula text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE callscope.model_metadata (
  name text NOT NULL,
  version text NOT NULL,
  -- The span of data a baseline was learnt from; a formula has none.
  window_start_ms bigint,
  window_end_ms bigint,
  checksum text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  created_ms bigint NOT NULL,
  PRIMARY KEY (name, version)
);
GRANT SELECT ON callscope.metric_definitions, callscope.model_metadata TO callscope_app;
