-- When a running job was last heard of: a process that was killed leaves its run as it was, and must not hold calls for long.
-- way back:
--   DROP INDEX callscope.data_pipeline_runs_running;
--   ALTER TABLE callscope.data_pipeline_runs DROP COLUMN alive_ms;

-- By the database's own clock, the one that all processes share. Null: begun by a version that said nothing.
ALTER TABLE callscope.data_pipeline_runs ADD COLUMN alive_ms bigint;
CREATE INDEX data_pipeline_runs_running ON callscope.data_pipeline_runs (id) WHERE status = 'running';
