import type { VersionSequence } from '#contracts/registry.ts'
import type { Database } from './database.ts'

// Below this gap every number is drawn, which is safe beside other drawers. Above it the sequence is set, which
// could only hand out a number twice if others drew this many between two statements.
const longestDraw = 10_000

// As with migrations, any number that nothing else in the database takes: 'csVE' in ASCII.
const raiseLock = 0x63735645

export function createVersionSequence(database: Database): VersionSequence {
  return {
    async next() {
      const [row] = await database.query(`SELECT nextval('callscope.record_versions') AS version`)
      return Number(row?.version)
    },
    async raiseAbove(stored) {
      // One at a time: of two workers that start, the one that knows of less must not set back what the other has set.
      await database.transaction(async ({ query }) => {
        await query('SELECT pg_advisory_xact_lock($1)', [raiseLock])
        const [row] = await query(
          'SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS drawn FROM callscope.record_versions',
        )
        const gap = stored - Number(row?.drawn)
        if (gap <= 0) return
        if (gap > longestDraw) await query(`SELECT setval('callscope.record_versions', $1)`, [stored])
        else await query(`SELECT max(nextval('callscope.record_versions')) FROM generate_series(1, $1::int)`, [gap])
      })
    },
  }
}
