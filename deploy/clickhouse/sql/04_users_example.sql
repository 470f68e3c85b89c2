-- An example to edit, and not to run as it is: users, their roles, and whose rows a tenant's users see. Put no password into a
-- file; clickhouse-client asks for {name:String} with --param_name, or use another way to identify (LDAP, certificates).

CREATE USER IF NOT EXISTS callscope IDENTIFIED WITH sha256_password BY {program_password:String} DEFAULT ROLE callscope_program;
GRANT callscope_program TO callscope;

CREATE USER IF NOT EXISTS grafana IDENTIFIED WITH sha256_password BY {grafana_password:String} DEFAULT ROLE callscope_on_call;
GRANT callscope_on_call TO grafana;

-- CONST: the user cannot set it to another tenant. readonly is said here again, for no role must be able to lift it.
CREATE USER IF NOT EXISTS acme_reader IDENTIFIED WITH sha256_password BY {acme_password:String}
    DEFAULT ROLE callscope_tenant_reader
    SETTINGS SQL_callscope_tenant = 'acme' CONST, readonly = 1 CONST;
GRANT callscope_tenant_reader TO acme_reader;
