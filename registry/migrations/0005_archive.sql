-- The index of the archive: which offsets of which partition are archived, and in which objects.
-- way back:
--   DROP TABLE callscope.archive_objects, callscope.archive_cuts;

-- The account of offsets. A cut without objects held nothing but replayed messages, which are in the archive already.
CREATE TABLE callscope.archive_cuts (
  topic text NOT NULL,
  partition integer NOT NULL CHECK (partition >= 0),
  -- Counts the lives of the log: a topic made anew begins again at offset 0.
  epoch integer NOT NULL CHECK (epoch >= 0),
  from_offset bigint NOT NULL CHECK (from_offset >= 0),
  to_offset bigint NOT NULL CHECK (to_offset > from_offset),
  last_log_ms bigint NOT NULL,
  PRIMARY KEY (topic, partition, epoch, from_offset)
);
GRANT SELECT, INSERT ON callscope.archive_cuts TO callscope_system;

-- No reference to tenants: '_mixed' and '_unknown' hold what is of several, or of nobody that is known.
CREATE TABLE callscope.archive_objects (
  key text PRIMARY KEY CHECK (key <> ''),
  topic text NOT NULL,
  partition integer NOT NULL,
  epoch integer NOT NULL,
  from_offset bigint NOT NULL,
  to_offset bigint NOT NULL,
  tenant text NOT NULL CHECK (tenant <> ''),
  day date NOT NULL,
  first_log_ms bigint NOT NULL,
  last_log_ms bigint NOT NULL CHECK (last_log_ms >= first_log_ms),
  rows bigint NOT NULL CHECK (rows > 0),
  bytes bigint NOT NULL CHECK (bytes > 0),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  data_class text NOT NULL CHECK (data_class IN ('calls', 'logs', 'traces', 'audit', 'activity')),
  storage_class text NOT NULL,
  retention_until_ms bigint NOT NULL,
  written_ms bigint NOT NULL,
  FOREIGN KEY (topic, partition, epoch, from_offset) REFERENCES callscope.archive_cuts
);
CREATE INDEX archive_objects_by_time ON callscope.archive_objects (first_log_ms, key);
CREATE INDEX archive_objects_by_tenant ON callscope.archive_objects (tenant, first_log_ms);
ALTER TABLE callscope.archive_objects ENABLE ROW LEVEL SECURITY;
ALTER TABLE callscope.archive_objects FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON callscope.archive_objects FOR SELECT TO callscope_app
  USING (tenant = callscope.current_tenant());
CREATE POLICY all_tenants ON callscope.archive_objects TO callscope_system
  USING (current_user = 'callscope_system') WITH CHECK (current_user = 'callscope_system');
GRANT SELECT ON callscope.archive_objects TO callscope_app;
GRANT SELECT, INSERT ON callscope.archive_objects TO callscope_system;
