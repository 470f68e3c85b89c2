-- What the pipelines keep while they run: bounded jobs, watermarks, cuts by hand, the version sequence.
-- way back:
--   DROP TABLE callscope.data_pipeline_runs, callscope.watermarks, callscope.link_cuts;
--   DROP SEQUENCE callscope.record_versions;

CREATE TABLE callscope.data_pipeline_runs (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('import', 'replay', 'recompute')),
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'succeeded', 'failed')),
  started_ms bigint NOT NULL,
  finished_ms bigint,
  subject text NOT NULL,
  counts jsonb NOT NULL DEFAULT '{}',
  error text
);
CREATE INDEX data_pipeline_runs_newest ON callscope.data_pipeline_runs (started_ms DESC, id DESC);

-- Rewritten with every batch of every pipeline. Half-empty pages and no index on what changes: the old versions
-- of a row are pruned within its page, and the table stays a few pages long without a vacuum.
CREATE TABLE callscope.watermarks (
  source text NOT NULL,
  tenant text NOT NULL,
  watermark_ms bigint NOT NULL,
  at_end boolean NOT NULL,
  PRIMARY KEY (source, tenant)
) WITH (fillfactor = 50);

-- A pair is kept in one order (a < b), so that every cut and join of it is found under the same key.
-- No reference to tenants: a tenant may be known from its payloads only.
CREATE TABLE callscope.link_cuts (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  a text NOT NULL,
  b text NOT NULL CHECK (a < b COLLATE "C"),
  action text NOT NULL CHECK (action IN ('cut', 'join')),
  made_by text NOT NULL,
  made_ms bigint NOT NULL
);
CREATE INDEX link_cuts_by_a ON callscope.link_cuts (tenant, a);
CREATE INDEX link_cuts_by_b ON callscope.link_cuts (tenant, b);
ALTER TABLE callscope.link_cuts ENABLE ROW LEVEL SECURITY;
ALTER TABLE callscope.link_cuts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON callscope.link_cuts TO callscope_app
  USING (tenant = callscope.current_tenant()) WITH CHECK (tenant = callscope.current_tenant());
-- Facts: never changed, never taken back other than by a later one.
GRANT SELECT, INSERT ON callscope.link_cuts TO callscope_app;

-- CACHE 1: with a cache per connection a later recompute could draw a lower version than an earlier one.
CREATE SEQUENCE callscope.record_versions AS bigint CACHE 1;
