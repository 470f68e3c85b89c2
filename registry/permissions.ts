import type { Database, Row } from './database.ts'

/** What the program's own login does outside the two roles (migration 0001), and the roles that it works through. */
const onTables: readonly (readonly [name: string, privileges: readonly string[]])[] = [
  ['schema_migrations', ['SELECT']],
  ['data_pipeline_runs', ['SELECT', 'INSERT', 'UPDATE']],
  ['watermarks', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['watermark_readers', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['census_progress', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
]
const onVersions = ['SELECT', 'USAGE', 'UPDATE']
const roles = ['callscope_app', 'callscope_system']

/**
 * Statements that give this login what it lacks, for an administrator to run; none where it lacks nothing, or where there is
 * no schema of ours yet. Changes nothing.
 */
export async function missingGrants(database: Pick<Database, 'query'>): Promise<readonly string[]> {
  const [schema] = await database.query(
    `SELECT quote_ident(current_user) AS me, has_schema_privilege(oid, 'USAGE') AS usable FROM pg_namespace WHERE nspname = 'callscope'`,
  )
  if (schema === undefined) return []
  const grant = (what: string): string => `GRANT ${what} TO ${schema.me}`
  const lacking = await lackingRelations(database)
  return [
    ...(schema.usable === true ? [] : [grant('USAGE ON SCHEMA callscope')]),
    ...(await lackingRoles(database)).map(grant),
    ...lacking.map(grant),
  ]
}

async function lackingRoles(database: Pick<Database, 'query'>): Promise<readonly string[]> {
  const rows = await database.query(
    `SELECT rolname AS name FROM pg_roles WHERE rolname = ANY ($1) AND NOT pg_has_role(oid, 'MEMBER') ORDER BY 1`,
    [roles],
  )
  return rows.map(({ name }) => String(name))
}

async function lackingRelations(database: Pick<Database, 'query'>): Promise<readonly string[]> {
  const wanted = [...onTables, ['record_versions', onVersions] as const].flatMap(([name, privileges]) =>
    privileges.map((privilege) => ({ name, privilege })),
  )
  const rows = await database.query(
    `SELECT relname AS name, relkind AS kind, privilege
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (name, privilege, at)
     JOIN pg_class ON relname = wanted.name AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'callscope')
     WHERE NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(pg_class.oid, privilege)
                            ELSE has_table_privilege(pg_class.oid, privilege) END
     ORDER BY at`,
    [wanted.map(({ name }) => name), wanted.map(({ privilege }) => privilege)],
  )
  return [...new Set(rows.map(placeOf))].map((place) => {
    const privileges = rows.filter((row) => placeOf(row) === place).map(({ privilege }) => privilege)
    return `${privileges.join(', ')} ON ${place}`
  })
}

const placeOf = ({ name, kind }: Row): string => `${kind === 'S' ? 'SEQUENCE ' : ''}callscope.${name}`
