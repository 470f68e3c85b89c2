-- The platform's own names. Way back: DROP VIEW each.
CREATE VIEW application_logs AS SELECT * FROM otel_logs;
CREATE VIEW trace_spans AS SELECT * FROM otel_traces;
CREATE VIEW audit_logs AS SELECT * FROM audit_log;
CREATE VIEW call_quality_metrics AS
SELECT tenant, correlation_id, leg_id, kind, direction, stream_id, observer, interval_end, interval_ms,
    packets_lost, packets_received, round_trip_tenth_ms / 10 AS round_trip_ms, jitter_tenth_ms / 10 AS jitter_ms,
    mos_listening_hundredths / 100 AS mos_listening, mos_conversational_hundredths / 100 AS mos_conversational
FROM quality_samples FINAL;
