-- Derived: recomputed whole from raw, never added to. Way back: DROP TABLE each, then announce what raw holds.

-- One row per (own correlation id, stream, observer, minute). Keyed by the row's own correlation id, never by the
-- canonical one: links regroup at the fold, minutes never move.
CREATE TABLE call_minutes
(
    tenant LowCardinality(String),
    correlation_id String,
    minute DateTime CODEC(Delta, ZSTD(1)),
    leg_id String,
    kind Enum8('audio' = 1, 'video' = 2),
    direction Enum8('send' = 1, 'receive' = 2),
    stream_id String,
    observer LowCardinality(String),
    scope Enum8('interval' = 1, 'cumulative' = 2, 'call' = 3) COMMENT 'of the samples it is made of; the finest that a stream has counts',
    version UInt64 COMMENT 'taken before raw was read; the latest reader wins',
    shard UInt8,
    row_count UInt32 COMMENT 'raw rows in this minute',
    checksum_sum UInt64 COMMENT 'sum of their checksums',
    raw_until DateTime COMMENT 'least expires_at read; past it less two days the row is frozen',
    measured_ms UInt64,
    packets_received Nullable(UInt64),
    packets_sent Nullable(UInt64),
    packets_lost Nullable(Int64),
    packets_discarded Nullable(UInt64),
    packets_expected Nullable(UInt64) COMMENT 'received + lost, over intervals where both are known',
    jitter_weight_ms UInt64, jitter_tenth_ms_sum UInt64, jitter_min UInt32, jitter_max UInt32,
    round_trip_weight_ms UInt64, round_trip_tenth_ms_sum UInt64, round_trip_min UInt32, round_trip_max UInt32,
    delay_weight_ms UInt64, delay_tenth_ms_sum UInt64, delay_min UInt32, delay_max UInt32,
    concealed_samples Nullable(UInt64),
    silent_concealed_samples Nullable(UInt64),
    samples_received Nullable(UInt64),
    frames_decoded Nullable(UInt64),
    frames_dropped Nullable(UInt64),
    freeze_count Nullable(UInt64),
    freezes_ms Nullable(UInt64),
    frame_width Nullable(UInt16) COMMENT 'greatest of the minute',
    frame_height Nullable(UInt16) COMMENT 'greatest of the minute',
    cpu_limited_ms UInt64,
    bandwidth_limited_ms UInt64,
    muted_ms UInt64,
    codecs Array(LowCardinality(String)),
    mos Array(Tuple(
        kind Enum8('listening' = 1, 'conversational' = 2),
        band Enum8('N' = 1, 'W' = 2, 'F' = 3),
        source Enum8('computed' = 1, 'reported' = 2),
        codec_row String,
        grounded UInt8,
        ms UInt64,
        hundredth_ms UInt64,
        min_hundredths UInt16,
        max_hundredths UInt16,
        extrapolated_ms UInt64)) COMMENT 'one element per kind, band, source and codec row; hundredths of MOS times ms',
    runs Array(Tuple(from_ms Int64, to_ms Int64, mask UInt16)) COMMENT 'consecutive intervals with one mask (contracts/interval-mask.ts)',
    formula_version LowCardinality(String),
    profile_version LowCardinality(String)
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant, correlation_id, leg_id, kind, direction, stream_id, observer, scope, minute)
SETTINGS index_granularity = 512;

CREATE TABLE calls
(
    tenant LowCardinality(String),
    at DateTime64(3, 'UTC') COMMENT 'start of the call: with the id, its place',
    id String COMMENT 'canonical: smallest correlation id of the component',
    version UInt64,
    is_deleted UInt8,
    shard UInt8,
    state LowCardinality(String),
    class LowCardinality(String),
    unclassified LowCardinality(String),
    disposition LowCardinality(String),
    answered_at Nullable(DateTime64(3, 'UTC')),
    ended_at Nullable(DateTime64(3, 'UTC')),
    talk_ms Nullable(UInt64),
    setup_ms Nullable(UInt64),
    conference UInt8,
    direction LowCardinality(String),
    from_party String,
    to_party String,
    carrier LowCardinality(String),
    gateway LowCardinality(String),
    route LowCardinality(String),
    region LowCardinality(String),
    codec LowCardinality(String),
    sip_code UInt16 COMMENT '0: unknown',
    worst_mos_hundredths UInt16 COMMENT '0: unknown',
    worst_mos_name LowCardinality(String),
    reasons Array(LowCardinality(String)),
    findings Array(LowCardinality(String)),
    fault LowCardinality(String),
    fault_confidence_hundredths UInt8,
    members Array(String) COMMENT 'correlation ids of the component',
    event_count UInt32,
    evidence_count UInt32,
    stream_count UInt16,
    as_of DateTime64(3, 'UTC') COMMENT 'watermark the record was judged at',
    next_due DateTime64(3, 'UTC') COMMENT 'event time at which it changes by itself; 1970: never',
    raw_until DateTime COMMENT 'least expires_at read; past it less two days the record is frozen',
    computed_at DateTime64(3, 'UTC') COMMENT 'log time of the computation, for freshness only',
    record String COMMENT 'the whole record, JSON (contracts/call-record.ts)' CODEC(ZSTD(3)),
    formula_version LowCardinality(String),
    profile_version LowCardinality(String),
    INDEX due next_due TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, at, id)
SETTINGS index_granularity = 256;

-- Every place a record was ever meant for: member id -> (at, canonical). The greatest version per place stays.
CREATE TABLE call_keys
(
    tenant LowCardinality(String),
    id String COMMENT 'a member''s correlation id',
    canonical String,
    at DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, id, canonical, at)
SETTINGS index_granularity = 512;
