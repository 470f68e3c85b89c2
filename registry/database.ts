/** One row as Postgres gave it. 64-bit integers may come as number, bigint or string: pass them through `Number`. */
export type Row = Readonly<Record<string, unknown>>

export interface Queries {
  /** One statement with `$1` parameters. */
  query(text: string, params?: readonly unknown[]): Promise<readonly Row[]>
  /** Several statements without parameters: a migration. */
  script(text: string): Promise<void>
}

/** All that the registry asks of a Postgres, so that PGlite and a server can stand behind it. */
export interface Database extends Queries {
  /**
   * Run `work` in one transaction: committed when it resolves, undone when it throws. `work` uses what it is given,
   * never the database around it, which may be waiting for it to end.
   */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Run `work` with nothing but one tenant's rows in sight. Role and tenant end with the transaction. */
export function asTenant<T>(database: Database, tenant: string, work: (queries: Queries) => Promise<T>): Promise<T> {
  // Checked here too: the policy would show no rows, which looks like a tenant that has none.
  if (tenant === '') throw new Error('A tenant is needed; got an empty name.')
  return database.transaction(async (queries) => {
    await queries.query(`SELECT set_config('role', 'callscope_app', true), set_config('app.tenant_id', $1, true)`, [
      tenant,
    ])
    return work(queries)
  })
}

/** Run `work` as the program itself: the few tables it must search across tenants, see migration 0001. */
export function asSystem<T>(database: Database, work: (queries: Queries) => Promise<T>): Promise<T> {
  return database.transaction(async (queries) => {
    await queries.query(`SELECT set_config('role', 'callscope_system', true)`)
    return work(queries)
  })
}
