-- Who sent a sample is part of what it is: two SBCs of one call that measure at the same moment are two views. So is its
-- scope: a report on the whole call ends with the last interval. Rows stored before have neither ('' and 0); their minutes
-- and records stay as they are, and one of them that is delivered again is counted under its new identity alone.
-- Way back: MODIFY ORDER BY to the keys of 0001 and 0002, then DROP COLUMN source, key_scope; CREATE OR REPLACE VIEW
-- call_quality_metrics as in 0004. Views that source alone tells apart are one again from the next merge on; announce what
-- raw holds.
ALTER TABLE quality_samples
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'CloudEvents source of the sample; empty: stored before it was kept' CODEC(ZSTD(1)) AFTER sequence,
    ADD COLUMN IF NOT EXISTS key_scope UInt8 COMMENT 'the scope as a part of the key: 1 interval, 2 cumulative, 3 call; 0: stored before it was one' CODEC(ZSTD(1)) AFTER source,
    MODIFY ORDER BY (minute, tenant, correlation_id, leg_id, kind, direction, stream_id, observer, interval_end, sequence, source, key_scope);

ALTER TABLE call_minutes
    ADD COLUMN IF NOT EXISTS source LowCardinality(String) COMMENT 'CloudEvents source of the samples it is made of; empty: of samples stored before it was kept' AFTER scope,
    MODIFY ORDER BY (tenant, correlation_id, leg_id, kind, direction, stream_id, observer, scope, minute, source);

CREATE OR REPLACE VIEW call_quality_metrics AS
SELECT tenant, correlation_id, leg_id, kind, direction, stream_id, observer, source, interval_end, interval_ms,
    packets_lost, packets_received, round_trip_tenth_ms / 10 AS round_trip_ms, jitter_tenth_ms / 10 AS jitter_ms,
    mos_listening_hundredths / 100 AS mos_listening, mos_conversational_hundredths / 100 AS mos_conversational
FROM quality_samples FINAL;
