-- Run once by psql as the superuser of a new server: the image does so with what it finds in /docker-entrypoint-initdb.d,
-- tests/stack/servers/postgres.ts does the same.
--
-- callscope logs in as a role of its own that is no superuser: a superuser passes by every row policy. It may make the two
-- roles that the migrations work through (docs/decisions/0009-registry-roles.md), and owns its database.
\set ON_ERROR_STOP on
\set password `cat "$CALLSCOPE_POSTGRES_PASSWORD_FILE"`
CREATE ROLE callscope LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE callscope OWNER callscope;
REVOKE ALL ON DATABASE callscope FROM PUBLIC;
