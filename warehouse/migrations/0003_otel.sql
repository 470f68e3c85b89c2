-- Logs and traces of the embedded install, in the layout that Grafana's ClickHouse data source knows.
-- Way back: DROP TABLE each (Loki and Tempo hold them in a grown-up install).

CREATE TABLE otel_logs
(
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TimestampTime DateTime DEFAULT toDateTime(Timestamp),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    TraceFlags UInt8,
    SeverityText LowCardinality(String),
    SeverityNumber UInt8,
    ServiceName LowCardinality(String),
    Body String CODEC(ZSTD(1)),
    ResourceSchemaUrl LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeSchemaUrl LowCardinality(String),
    ScopeName String,
    ScopeVersion LowCardinality(String),
    ScopeAttributes Map(LowCardinality(String), String),
    LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Tenant LowCardinality(String),
    CorrelationId String CODEC(ZSTD(1)),
    Hash FixedString(32) COMMENT '128-bit hash of resource, time, body and attributes, hex: what this line is',
    ExpiresAt DateTime,
    INDEX by_trace TraceId TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_correlation CorrelationId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(TimestampTime)
ORDER BY (ServiceName, TimestampTime, Tenant, Hash)
TTL ExpiresAt
SETTINGS index_granularity = 2048;

CREATE TABLE otel_traces
(
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String,
    SpanName LowCardinality(String),
    SpanKind LowCardinality(String),
    ServiceName LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String,
    ScopeVersion String,
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 COMMENT 'nanoseconds',
    StatusCode LowCardinality(String),
    StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)),
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)),
    Tenant LowCardinality(String),
    CorrelationId String CODEC(ZSTD(1)),
    Checksum UInt64 CODEC(NONE),
    ExpiresAt DateTime,
    INDEX by_correlation CorrelationId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(Checksum)
PARTITION BY toDate(Timestamp)
ORDER BY (Tenant, TraceId, SpanId, SpanKind)
TTL ExpiresAt
SETTINGS index_granularity = 2048;
