-- Raw truth: measurements and facts as sent, keyed by what they are. Every table converges under replay in any
-- order: equal keys collapse, and among equal keys with unequal content the greatest checksum stays.
-- Way back: DROP TABLE each (raw is rebuilt by replaying the log or the archive).

CREATE TABLE quality_samples
(
    minute DateTime CODEC(Delta, ZSTD(1)),
    tenant LowCardinality(String),
    correlation_id String CODEC(ZSTD(1)),
    leg_id String CODEC(ZSTD(1)),
    kind Enum8('audio' = 1, 'video' = 2),
    direction Enum8('send' = 1, 'receive' = 2),
    stream_id String CODEC(ZSTD(1)),
    observer LowCardinality(String),
    interval_end DateTime64(3, 'UTC') COMMENT 'end of the measured interval' CODEC(Delta, ZSTD(1)),
    sequence UInt64 COMMENT 'the producer''s running number, or 0' CODEC(Delta, ZSTD(1)),
    scope Enum8('interval' = 1, 'cumulative' = 2, 'call' = 3),
    interval_ms UInt32 COMMENT 'length of the interval; 0 for cumulative counters' CODEC(ZSTD(1)),
    epoch String COMMENT 'SSRC and start id: counters run within one epoch' CODEC(ZSTD(1)),
    codec LowCardinality(String) COMMENT 'as the producer names it; empty when it does not',
    packets_received Nullable(UInt64) CODEC(T64, ZSTD(1)),
    packets_sent Nullable(UInt64) CODEC(T64, ZSTD(1)),
    packets_lost Nullable(Int64) COMMENT 'signed, as RTCP counts it' CODEC(T64, ZSTD(1)),
    packets_discarded Nullable(UInt64) CODEC(T64, ZSTD(1)),
    packets_duplicated Nullable(UInt64) CODEC(T64, ZSTD(1)),
    bytes_received Nullable(UInt64) CODEC(T64, ZSTD(1)),
    jitter_tenth_ms Nullable(UInt32) COMMENT '0.1 ms' CODEC(T64, ZSTD(1)),
    round_trip_tenth_ms Nullable(UInt32) COMMENT '0.1 ms' CODEC(T64, ZSTD(1)),
    one_way_delay_tenth_ms Nullable(UInt32) COMMENT '0.1 ms' CODEC(T64, ZSTD(1)),
    jitter_buffer_tenth_ms Nullable(UInt32) COMMENT '0.1 ms, mean of the interval' CODEC(T64, ZSTD(1)),
    jitter_buffer_total_ms Nullable(UInt64) COMMENT 'ms, cumulative scope only' CODEC(T64, ZSTD(1)),
    jitter_buffer_emitted Nullable(UInt64) COMMENT 'count, cumulative scope only' CODEC(T64, ZSTD(1)),
    concealed_samples Nullable(UInt64) CODEC(T64, ZSTD(1)),
    silent_concealed_samples Nullable(UInt64) CODEC(T64, ZSTD(1)),
    samples_received Nullable(UInt64) CODEC(T64, ZSTD(1)),
    burst_ratio_hundredths Nullable(UInt16) COMMENT 'G.107 BurstR, hundredths' CODEC(T64, ZSTD(1)),
    mos_listening_hundredths Nullable(UInt16) COMMENT 'reported by the producer, hundredths' CODEC(T64, ZSTD(1)),
    mos_conversational_hundredths Nullable(UInt16) COMMENT 'reported by the producer, hundredths' CODEC(T64, ZSTD(1)),
    frames_decoded Nullable(UInt64) CODEC(T64, ZSTD(1)),
    frames_dropped Nullable(UInt64) CODEC(T64, ZSTD(1)),
    freeze_count Nullable(UInt64) CODEC(T64, ZSTD(1)),
    freezes_ms Nullable(UInt64) CODEC(T64, ZSTD(1)),
    frame_width Nullable(UInt16) CODEC(T64, ZSTD(1)),
    frame_height Nullable(UInt16) CODEC(T64, ZSTD(1)),
    limitation LowCardinality(String) COMMENT 'webrtc-stats qualityLimitationReason, or empty',
    muted UInt8 COMMENT '1: muted at the source for the interval' CODEC(ZSTD(1)),
    checksum UInt16 COMMENT 'of the content; the greatest of equal keys stays' CODEC(NONE),
    expires_at DateTime COMMENT 'later of event and log time, plus retention; no part of the checksum' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toDate(minute)
ORDER BY (minute, tenant, correlation_id, leg_id, kind, direction, stream_id, observer, interval_end, sequence)
TTL expires_at
SETTINGS index_granularity = 2048, ttl_only_drop_parts = 0;

CREATE TABLE call_events
(
    tenant LowCardinality(String),
    correlation_id String,
    source LowCardinality(String),
    id String,
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String),
    leg_id String,
    codec LowCardinality(String) COMMENT 'codec this event states, or empty',
    trace_id String,
    data String COMMENT 'the event''s data as sent, JSON with sorted keys' CODEC(ZSTD(3)),
    checksum UInt64 CODEC(NONE),
    expires_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, correlation_id, source, id)
TTL expires_at
SETTINGS index_granularity = 512;

CREATE TABLE cdr_records
(
    tenant LowCardinality(String),
    correlation_id String,
    source LowCardinality(String),
    id String,
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String),
    data String COMMENT 'as sent, JSON with sorted keys, without amounts' CODEC(ZSTD(3)),
    checksum UInt64 CODEC(NONE),
    expires_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, correlation_id, source, id)
TTL expires_at
SETTINGS index_granularity = 512;

-- Money sits apart, so that on-call roles can be refused this one table.
CREATE TABLE cdr_billing
(
    tenant LowCardinality(String),
    correlation_id String,
    source LowCardinality(String),
    id String,
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    billed_seconds UInt64,
    plan LowCardinality(String),
    amount Decimal(27, 9),
    currency LowCardinality(String),
    checksum UInt64 CODEC(NONE),
    expires_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, correlation_id, source, id)
TTL expires_at
SETTINGS index_granularity = 512;

-- Edges of the link graph, each stored in both directions: "id:<correlation id>" <-> "<link kind>:<value>".
CREATE TABLE call_links
(
    tenant LowCardinality(String),
    node String,
    other String,
    expires_at DateTime
)
ENGINE = ReplacingMergeTree(expires_at)
ORDER BY (tenant, node, other)
TTL expires_at
SETTINGS index_granularity = 512;

CREATE TABLE call_evidence
(
    tenant LowCardinality(String),
    subject String COMMENT 'correlation id, or trace:<trace id>',
    kind Enum8('log' = 1, 'span' = 2),
    id String COMMENT 'log: 128-bit hash; span: trace id, span id, kind',
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    severity UInt8,
    reason LowCardinality(String),
    service LowCardinality(String),
    name LowCardinality(String),
    detail String CODEC(ZSTD(3)),
    duration_ms UInt32,
    trace_id String,
    span_id String,
    checksum UInt64 CODEC(NONE),
    expires_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, subject, kind, id)
TTL expires_at
SETTINGS index_granularity = 512;

CREATE TABLE audit_log
(
    tenant LowCardinality(String),
    subject String COMMENT 'the actor',
    source LowCardinality(String),
    id String,
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String),
    correlation_id String,
    data String CODEC(ZSTD(3)),
    checksum UInt64 CODEC(NONE),
    expires_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, subject, source, id)
TTL expires_at
SETTINGS index_granularity = 2048;
