-- Roles: who may read which tables. Grants name every table, so that a new one is unreadable until it stands here. They are
-- for the database that this is run in.

-- The program. It makes and changes tables of its database, and nothing of users.
CREATE ROLE IF NOT EXISTS callscope_program SETTINGS PROFILE 'callscope_program';
GRANT SELECT, INSERT, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER TABLE, TRUNCATE, OPTIMIZE ON * TO callscope_program;
GRANT CREATE TEMPORARY TABLE ON *.* TO callscope_program;
GRANT SELECT ON system.* TO callscope_program;

-- On call, and dashboards for those who run the platform: all tenants; no money, no audit log.
CREATE ROLE IF NOT EXISTS callscope_on_call SETTINGS PROFILE 'callscope_reading';
GRANT SELECT ON quality_samples TO callscope_on_call;
GRANT SELECT ON call_events TO callscope_on_call;
GRANT SELECT ON cdr_records TO callscope_on_call;
GRANT SELECT ON call_links TO callscope_on_call;
GRANT SELECT ON call_evidence TO callscope_on_call;
GRANT SELECT ON call_minutes TO callscope_on_call;
GRANT SELECT ON calls TO callscope_on_call;
GRANT SELECT ON call_keys TO callscope_on_call;
GRANT SELECT ON otel_logs TO callscope_on_call;
GRANT SELECT ON otel_traces TO callscope_on_call;
GRANT SELECT ON application_logs TO callscope_on_call;
GRANT SELECT ON trace_spans TO callscope_on_call;
GRANT SELECT ON call_quality_metrics TO callscope_on_call;
GRANT SELECT ON activity_events TO callscope_on_call;
GRANT SELECT ON chat_minutes TO callscope_on_call;
GRANT SELECT ON presence_minutes TO callscope_on_call;
GRANT SELECT ON chat_messages TO callscope_on_call;
GRANT SELECT ON chat_delays TO callscope_on_call;
GRANT SELECT ON service_minutes TO callscope_on_call;
GRANT SELECT ON pipeline_heartbeats TO callscope_on_call;
GRANT SELECT ON blind_times TO callscope_on_call;

-- One tenant's own people: as on call, and of one tenant (03_row_policies.sql). Tables only: a server whose
-- default_normal_view_sql_security is DEFINER would let a view read past the policies.
CREATE ROLE IF NOT EXISTS callscope_tenant_reader SETTINGS PROFILE 'callscope_reading';
GRANT SELECT ON quality_samples TO callscope_tenant_reader;
GRANT SELECT ON call_events TO callscope_tenant_reader;
GRANT SELECT ON cdr_records TO callscope_tenant_reader;
GRANT SELECT ON call_links TO callscope_tenant_reader;
GRANT SELECT ON call_evidence TO callscope_tenant_reader;
GRANT SELECT ON call_minutes TO callscope_tenant_reader;
GRANT SELECT ON calls TO callscope_tenant_reader;
GRANT SELECT ON call_keys TO callscope_tenant_reader;
GRANT SELECT ON otel_logs TO callscope_tenant_reader;
GRANT SELECT ON otel_traces TO callscope_tenant_reader;
GRANT SELECT ON activity_events TO callscope_tenant_reader;

-- Money: its own role, for who bills.
CREATE ROLE IF NOT EXISTS callscope_billing SETTINGS PROFILE 'callscope_reading';
GRANT SELECT ON cdr_billing TO callscope_billing;
GRANT SELECT ON cdr_records TO callscope_billing;

-- The audit log: its own reader, who reads nothing else.
CREATE ROLE IF NOT EXISTS callscope_auditor SETTINGS PROFILE 'callscope_reading';
GRANT SELECT ON audit_log TO callscope_auditor;
GRANT SELECT ON audit_logs TO callscope_auditor;

CREATE QUOTA IF NOT EXISTS callscope_reading KEYED BY user_name
    FOR INTERVAL 1 minute MAX queries = 600, errors = 100, execution_time = 600
    TO callscope_on_call, callscope_tenant_reader, callscope_billing, callscope_auditor;
