-- Run once by an administrator of the ClickHouse server, in the order of the file names, in the database of callscope:
--   clickhouse-client --database default --multiquery < 01_settings_profiles.sql
-- Can be run again. docs/clickhouse-access.md says what each is for. On a cluster whose users are not replicated
-- (user_directories without `replicated`), every statement needs ON CLUSTER '…'.

-- People and dashboards: nothing is written, and no query is without bounds. A row policy holds only for who cannot write.
CREATE SETTINGS PROFILE IF NOT EXISTS callscope_reading SETTINGS
    readonly = 1,
    -- Grafana's data source sends one of its own, which readonly = 1 would refuse.
    max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY,
    max_memory_usage = 4000000000,
    max_result_rows = 1000000,
    -- An error, and not a figure that is silently too small.
    result_overflow_mode = 'throw',
    timeout_overflow_mode = 'throw',
    max_threads = 4,
    max_concurrent_queries_for_user = 20,
    allow_ddl = 0,
    allow_introspection_functions = 0,
    session_timezone = 'UTC';

-- The program itself: see the settings that it sends with each request (warehouse/client.ts).
CREATE SETTINGS PROFILE IF NOT EXISTS callscope_program SETTINGS
    async_insert = 0;
