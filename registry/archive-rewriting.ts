import type { ArchivedObject, ArchiveRewriting } from '#contracts/archive.ts'
import type { Clock } from '#contracts/clock.ts'
import { insertObject } from './archive-index.ts'
import { asSystem, type Database } from './database.ts'

/** Who noted an object before writing it has written it by then, or was killed: an object takes seconds. */
const surelyDeadMs = 3_600_000

export function createArchiveRewriting(database: Database, clock: Clock): ArchiveRewriting {
  const change = (text: string, values: readonly unknown[]) =>
    asSystem(database, async ({ query }) => void (await query(text, values)))
  return {
    looked: (key, until) =>
      change('UPDATE callscope.archive_objects SET erased_until = greatest(erased_until, $2) WHERE key = $1', [
        key,
        until,
      ]),
    intend: (key) =>
      change('INSERT INTO callscope.archive_leftovers VALUES ($1, false, $2) ON CONFLICT DO NOTHING', [key, clock()]),
    replace: (key, by) => replace(database, { key, by, nowMs: clock() }),
    leftovers: () =>
      asSystem(database, async ({ query }) => {
        const rows = await query(
          `SELECT key FROM callscope.archive_leftovers AS lies WHERE (replaced OR noted_ms < $1)
             AND NOT EXISTS (SELECT FROM callscope.archive_objects AS object WHERE object.key = lies.key)
           ORDER BY key`,
          [clock() - surelyDeadMs],
        )
        return rows.map(({ key }) => String(key))
      }),
    deleted: (key) => change('DELETE FROM callscope.archive_leftovers WHERE key = $1', [key]),
  }
}

interface Replacement {
  readonly key: string
  readonly by: ArchivedObject | undefined
  readonly nowMs: number
}

const replace = (database: Database, { key, by, nowMs }: Replacement): Promise<'replaced' | 'gone'> =>
  asSystem(database, async (queries) => {
    const { query } = queries
    const gone = await query('DELETE FROM callscope.archive_objects WHERE key = $1 RETURNING key', [key])
    if (gone.length === 0) return 'gone'
    if (by !== undefined) {
      await insertObject(queries, by)
      await query('DELETE FROM callscope.archive_leftovers WHERE key = $1', [by.key])
    }
    await query(
      `INSERT INTO callscope.archive_leftovers VALUES ($1, true, $2)
       ON CONFLICT (key) DO UPDATE SET replaced = true`,
      [key, nowMs],
    )
    return 'replaced'
  })
