-- Chat and presence, as sent and without any text of a message. An event is what its source calls it: (tenant, source, id).
-- Days are partitions, because rates are read by time and whole days expire together.
-- Way back: DROP TABLE (raw is rebuilt by replaying the log or the archive).
CREATE TABLE activity_events
(
    tenant LowCardinality(String),
    source LowCardinality(String),
    id String,
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String) COMMENT 'chat.sent, chat.delivered, chat.read, chat.typing, presence.changed, presence.subscribed',
    correlation_id String COMMENT 'call that the event names, or empty',
    subject String COMMENT 'presence: the user, as the tenant''s privacy rules leave the id; empty for chat',
    conversation_id String,
    message_id String COMMENT 'what joins sent, delivered and read; empty where the producer gave none',
    status LowCardinality(String) COMMENT 'presence.changed only',
    delay_ms Nullable(UInt32) COMMENT 'since the message was sent, as the producer states it',
    size_bytes Nullable(UInt64),
    trace_id String,
    checksum UInt64 CODEC(NONE),
    expires_at DateTime CODEC(Delta, ZSTD(1)),
    INDEX by_correlation correlation_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(checksum)
PARTITION BY toDate(time)
ORDER BY (tenant, source, id)
TTL expires_at
SETTINGS index_granularity = 2048;

CREATE VIEW chat_minutes AS
SELECT tenant, toStartOfMinute(time) AS minute,
    countIf(type = 'chat.sent') AS sent, countIf(type = 'chat.delivered') AS delivered,
    countIf(type = 'chat.read') AS read, countIf(type = 'chat.typing') AS typing
FROM activity_events FINAL WHERE startsWith(type, 'chat.') GROUP BY tenant, minute;

CREATE VIEW presence_minutes AS
SELECT tenant, toStartOfMinute(time) AS minute, status, count() AS changes
FROM activity_events FINAL WHERE type = 'presence.changed' GROUP BY tenant, minute, status;

-- One row a message: first sent, first delivered, first read. A message that many receive is delivered when the first has it.
CREATE VIEW chat_messages AS
SELECT tenant, conversation_id, message_id,
    minOrNullIf(time, type = 'chat.sent') AS sent_at,
    minOrNullIf(time, type = 'chat.delivered') AS delivered_at,
    minOrNullIf(time, type = 'chat.read') AS read_at,
    if(delivered_at >= sent_at, toUnixTimestamp64Milli(assumeNotNull(delivered_at)) - toUnixTimestamp64Milli(assumeNotNull(sent_at)), NULL) AS delivery_ms,
    if(read_at >= delivered_at, toUnixTimestamp64Milli(assumeNotNull(read_at)) - toUnixTimestamp64Milli(assumeNotNull(delivered_at)), NULL) AS read_ms
FROM activity_events FINAL WHERE startsWith(type, 'chat.') AND message_id != ''
GROUP BY tenant, conversation_id, message_id;

-- By the minute in which messages were sent. What was sent and never delivered is counted, and has no delay.
CREATE VIEW chat_delays AS
SELECT tenant, toStartOfMinute(assumeNotNull(sent_at)) AS minute, count() AS sent, countIf(delivery_ms IS NOT NULL) AS delivered,
    quantileExact(0.5)(delivery_ms) AS delivery_p50_ms, quantileExact(0.99)(delivery_ms) AS delivery_p99_ms,
    countIf(read_ms IS NOT NULL) AS read, quantileExact(0.5)(read_ms) AS read_p50_ms
FROM chat_messages WHERE sent_at IS NOT NULL GROUP BY tenant, minute;

-- Requests that the platform's services answered, from their server spans. A producer that sends a span twice, unlike, is
-- counted once.
CREATE VIEW service_minutes AS
SELECT Tenant AS tenant, ServiceName AS service, toStartOfMinute(Timestamp) AS minute, count() AS requests,
    countIf(StatusCode = 'Error') AS errors, quantileExact(0.5)(Duration) / 1e6 AS p50_ms, quantileExact(0.99)(Duration) / 1e6 AS p99_ms
FROM otel_traces FINAL WHERE SpanKind = 'Server' GROUP BY tenant, service, minute;
