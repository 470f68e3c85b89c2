-- When callscope itself was looking. While a pipeline reads what comes as it comes, its worker writes a row every ten seconds
-- by the log's time. Where rows are missing, nobody was looking: live figures and alerts said nothing then, though what
-- was sent may have been read, and stored, since. Way back: DROP TABLE.
CREATE TABLE pipeline_heartbeats
(
    pipeline LowCardinality(String),
    at DateTime64(3, 'UTC') COMMENT 'the log''s time' CODEC(Delta, ZSTD(1)),
    worker LowCardinality(String),
    expires_at DateTime CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (pipeline, at, worker)
TTL expires_at
SETTINGS index_granularity = 8192;

-- Between two rows of a pipeline, whoever wrote them, more than 30 seconds. What lasts still is not in here: it has no end.
CREATE VIEW blind_times AS
SELECT pipeline, blind_from, blind_until, toUnixTimestamp64Milli(blind_until) - toUnixTimestamp64Milli(blind_from) AS blind_ms
FROM (
    SELECT pipeline, at AS blind_from,
        leadInFrame(at, 1, at) OVER (PARTITION BY pipeline ORDER BY at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS blind_until
    FROM pipeline_heartbeats
)
WHERE blind_ms > 30000;
