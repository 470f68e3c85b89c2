import { Pool, type PoolClient, types } from 'pg'
import type { Database, Queries, Row } from './database.ts'
import { type PgAddress, pgAddress } from './pg-address.ts'
import { registryError } from './pg-errors.ts'

export interface PgDatabaseOptions {
  /** postgres://user:password@host:port/database; `?host=/folder` for a socket of this machine. */
  readonly url: string
  /** Where the URL holds none. */
  readonly password?: string | undefined
  /** off: plain; require: encrypted; verify: the server's certificate is checked, too. */
  readonly tls: 'off' | 'require' | 'verify'
  /** PEM of the authority that signed the server's certificate. Without it, those that Node knows. */
  readonly ca?: string | undefined
  /** Connections open at most; who finds none free waits. */
  readonly connections: number
  /** A statement that runs longer is cut off by the server; a server that says nothing is given up a little later. */
  readonly statementTimeoutMs?: number
  /** Told of a connection lost while nobody used it: the next statement opens another. */
  readonly onLostConnection?: (error: Error) => void
}

const connectTimeoutMs = 10_000
/** The server's own word on a statement that took too long comes first. */
const graceMs = 5_000
const closeTimeoutMs = 5_000

const int8 = 20
const int8Array = 1016

/** 64-bit integers as PGlite gives them: a number where it is exact, else a bigint. */
const integer = (text: string): number | bigint => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/**
 * Postgres on a server. Statements run side by side, those of one transaction on one connection.
 * Throws, and every query may throw, an Error that may pass with time: nobody answers, cut off, too slow, shutting down.
 */
export async function openPgDatabase(options: PgDatabaseOptions): Promise<Database> {
  const { connections, statementTimeoutMs = 30_000, onLostConnection = () => undefined } = options
  const open = new Set<PoolClient>()
  const pool = new Pool({
    ...parts(pgAddress(options.url), options),
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + graceMs,
    // A worker that is stopped in the middle must not hold its locks for ever.
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'callscope',
    types: { getTypeParser: parserOf as typeof types.getTypeParser },
  })
  // Without a listener, a connection cut while idle would end the process.
  pool.on('error', (error) => onLostConnection(registryError(error)))
  pool.on('connect', (client) => {
    open.add(client)
    // The same while a transaction has it: the statement under way, or the next, says so itself.
    client.on('error', () => undefined)
  })
  pool.on('remove', (client) => open.delete(client))

  const database: Database = {
    ...queriesOf(pool),
    async transaction(work) {
      const client = await pool.connect().catch(fail)
      return inTransaction(client, work)
    },
    close: () => closeWithin(pool, open),
  }
  try {
    await database.query('SELECT 1')
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

const fail = (error: unknown): never => {
  throw registryError(error)
}

function parts(address: PgAddress, { password, tls, ca }: PgDatabaseOptions) {
  const given = address.password ?? password
  return {
    ...{ host: address.host, port: address.port, user: address.user, database: address.database },
    ...(given === undefined ? {} : { password: given }),
    ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verify', ...(ca === undefined ? {} : { ca }) },
  }
}

function parserOf(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === int8) return integer
  if (oid === int8Array) {
    const texts = types.getTypeParser(1009 as number, 'text') as unknown as (text: string) => (string | null)[]
    return (text: string) => texts(text).map((value) => (value === null ? null : integer(value)))
  }
  return types.getTypeParser(oid, format as 'text')
}

function queriesOf(on: Pool | PoolClient): Queries {
  return {
    async query(text, params = []) {
      const { rows } = await on.query<Row & Record<string, unknown>>(text, [...params]).catch(fail)
      return rows
    },
    async script(text) {
      await on.query(text).catch(fail)
    },
  }
}

async function inTransaction<T>(client: PoolClient, work: (queries: Queries) => Promise<T>): Promise<T> {
  try {
    await client.query('BEGIN').catch(fail)
    const result = await work(queriesOf(client))
    // A statement that failed and was passed over leaves a transaction that COMMIT quietly undoes.
    const { command } = await client.query('COMMIT').catch(fail)
    if (command !== 'COMMIT') throw new Error('The registry undid a transaction in which a statement had failed.')
    client.release()
    return result
  } catch (error) {
    const undone = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    )
    // What could not be undone ends with its connection.
    client.release(!undone)
    throw error
  }
}

/** Waits for what runs, but not for ever: a server that has gone silent must not keep the process from ending. */
async function closeWithin(pool: Pool, open: ReadonlySet<PoolClient>): Promise<void> {
  const ended = pool.end()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      for (const client of open)
        (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
      resolve()
    }, closeTimeoutMs)
  })
  await Promise.race([ended, late])
  clearTimeout(timer)
}
