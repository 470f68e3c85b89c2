import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import type { Database, Queries } from './database.ts'

// PGlite is Postgres in single-user mode, which never checkpoints by itself: its write-ahead log would grow for
// ever (measured: 800 MB and not one checkpoint). A checkpoint takes some 5 ms.
const statementsBetweenLooks = 1_000
const walLimitBytes = 64 * 1_024 * 1_024

/** Postgres within this process. One connection: statements and transactions run one after another, in order of asking. */
export async function openPgliteDatabase(dataDir: string | undefined): Promise<Database> {
  const pglite = await open(dataDir)
  let statements = 0

  async function keepLogShort(): Promise<void> {
    statements += 1
    if (statements % statementsBetweenLooks !== 0) return
    const { rows } = await pglite.query<{ bytes: unknown }>(
      `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) AS bytes FROM pg_control_checkpoint()`,
    )
    if (Number(rows[0]?.bytes) > walLimitBytes) await pglite.query('CHECKPOINT')
  }

  return {
    ...queriesOf(pglite),
    async query(text, params) {
      const rows = await queriesOf(pglite).query(text, params)
      await keepLogShort()
      return rows
    },
    async transaction(work) {
      const result = await pglite.transaction((transaction) => work(queriesOf(transaction)))
      await keepLogShort()
      return result
    },
    close: () => pglite.close(),
  }
}

async function open(dataDir: string | undefined): Promise<PGlite> {
  if (dataDir === undefined) return PGlite.create()
  try {
    if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(dataDir)
    return await PGlite.create({ dataDir })
  } catch (cause) {
    throw new Error(
      `The registry in ${dataDir} cannot be opened. Restore it from a copy, or move it away to start anew.`,
      {
        cause,
      },
    )
  }
}

/** Made beside its place and moved there when whole: a kill in these seconds must not leave half a database behind. */
async function initialise(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(dirname(dataDir), { recursive: true })
  const fresh = await PGlite.create({ dataDir: unfinished })
  await fresh.close()
  await rename(unfinished, dataDir)
}

function queriesOf(connection: PGlite | Transaction): Queries {
  return {
    async query(text, params = []) {
      const { rows } = await connection.query<Record<string, unknown>>(text, [...params])
      return rows
    },
    async script(text) {
      await connection.exec(text)
    },
  }
}
