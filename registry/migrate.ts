import type { Clock } from '#contracts/clock.ts'
import { LastingError } from '#contracts/errors.ts'
import type { Database, Queries } from './database.ts'
import type { Migration } from './migrations.ts'

// Any number will do, as long as nothing else in the database takes the same lock: 'csMI' in ASCII.
const migrationLock = 0x63734d49

const bookkeeping = `
  CREATE SCHEMA IF NOT EXISTS callscope;
  CREATE TABLE IF NOT EXISTS callscope.schema_migrations (
    number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_ms bigint NOT NULL);
`

/**
 * Apply what is missing, each migration in a transaction of its own. Refuses, before it changes anything, a database
 * newer than this code and a migration that was edited after it had been applied. Returns the names applied.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<readonly string[]> {
  try {
    // Who may not make the schema may still use one that is there.
    if (!(await hasBookkeeping(database))) await locked(database, (queries) => queries.script(bookkeeping))
    assertSameHistory(await appliedIn(database), migrations)
    const applied: string[] = []
    for (const migration of migrations) {
      if (await applyOnce(database, migration, clock)) applied.push(migration.name)
    }
    return applied
  } catch (error) {
    throw isDenied(error) ? await whatToGrant(database, error) : error
  }
}

async function hasBookkeeping(database: Database): Promise<boolean> {
  const [row] = await database.query(`SELECT to_regclass('callscope.schema_migrations') IS NOT NULL AS there`)
  return row?.there === true
}

/** SQL state "insufficient privilege", of the error or of what caused it. */
const isDenied = (error: unknown): boolean =>
  error instanceof Error && ((error as { code?: unknown }).code === '42501' || isDenied(error.cause))

/** An owner of a database need be no superuser, but somebody who may has to make the two roles. */
async function whatToGrant(database: Database, cause: unknown): Promise<Error> {
  const [row] = await database.query('SELECT quote_ident(current_user) AS me, quote_ident(current_database()) AS here')
  return new Error(
    `The registry's user may not make what is missing. An administrator of the PostgreSQL has to run this once, leaving out what is there already: CREATE ROLE callscope_app NOLOGIN; CREATE ROLE callscope_system NOLOGIN; GRANT callscope_app, callscope_system TO ${row?.me} WITH ADMIN OPTION; GRANT CREATE ON DATABASE ${row?.here} TO ${row?.me};`,
    { cause },
  )
}

/** Names of migrations that the database lacks, in order; all of them where it holds nothing of ours. Changes nothing. */
export async function missingMigrations(
  database: Pick<Database, 'query'>,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const [table] = await database.query(`SELECT to_regclass('callscope.schema_migrations') IS NOT NULL AS there`)
  const applied = table?.there === true ? await appliedIn(database) : []
  return migrations.filter(({ number }) => !applied.some((known) => known.number === number)).map(({ name }) => name)
}

/** Several workers may start at once: the lock lets one of them apply, the others find it done. */
function applyOnce(database: Database, { number, name, sql, checksum }: Migration, clock: Clock): Promise<boolean> {
  return locked(database, async (queries) => {
    const known = await queries.query('SELECT FROM callscope.schema_migrations WHERE number = $1', [number])
    if (known.length > 0) return false
    await queries.script(sql).catch((cause: unknown) => {
      throw new Error(`Migration ${name} failed and was undone: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      })
    })
    await queries.query('INSERT INTO callscope.schema_migrations VALUES ($1, $2, $3, $4)', [
      number,
      name,
      checksum,
      clock(),
    ])
    return true
  })
}

function locked<T>(database: Database, work: (queries: Queries) => Promise<T>): Promise<T> {
  return database.transaction(async (queries) => {
    await queries.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    return work(queries)
  })
}

interface Applied {
  readonly number: number
  readonly name: string
  readonly checksum: string
}

async function appliedIn(database: Pick<Database, 'query'>): Promise<readonly Applied[]> {
  const rows = await database.query('SELECT number, name, checksum FROM callscope.schema_migrations ORDER BY number')
  return rows.map((row) => ({ number: Number(row.number), name: String(row.name), checksum: String(row.checksum) }))
}

function assertSameHistory(applied: readonly Applied[], migrations: readonly Migration[]): void {
  for (const { number, name, checksum } of applied) {
    const ours = migrations.find((migration) => migration.number === number)
    if (ours === undefined) {
      throw new LastingError(
        `The registry is newer than this program: it has migration ${name}. Run the newer callscope.`,
      )
    }
    if (ours.checksum !== checksum) {
      throw new LastingError(
        `Migration ${ours.name} was edited after it had been applied. Undo the edit; add a new migration instead.`,
      )
    }
  }
}
