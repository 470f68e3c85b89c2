-- Which rows. Restrictive policies narrow and never widen: whoever has callscope_tenant_reader sees only rows of the tenant
-- whose name the user carries as the setting SQL_callscope_tenant (04_users_example.sql), and without it none at all.
-- Once a table has a policy, users without one see per users_without_row_policies_can_read_rows (default: everything), so
-- the permissive policy beside it says plainly that all others see all rows that they are granted.

CREATE ROW POLICY IF NOT EXISTS callscope_all ON quality_samples, call_events, cdr_records, cdr_billing, call_links, call_evidence, audit_log, call_minutes, calls, call_keys, otel_logs, otel_traces, activity_events
    AS PERMISSIVE FOR SELECT USING 1 TO ALL;

CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON quality_samples
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON call_events
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON cdr_records
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON cdr_billing
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON call_links
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON call_evidence
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON audit_log
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON call_minutes
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON calls
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON call_keys
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON otel_logs
    AS RESTRICTIVE FOR SELECT USING Tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON otel_traces
    AS RESTRICTIVE FOR SELECT USING Tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON activity_events
    AS RESTRICTIVE FOR SELECT USING tenant = getSettingOrDefault('SQL_callscope_tenant', '') TO callscope_tenant_reader;
