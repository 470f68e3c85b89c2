import type { VersionSequence } from '#contracts/registry.ts'
import type { Database } from './database.ts'

// Below this gap every number is drawn, which is safe beside other drawers. Above it the sequence is set, which
// could only hand out a number twice if others drew this many between two statements.
const longestDraw = 10_000

export function createVersionSequence(database: Database): VersionSequence {
  return {
    async next() {
      const [row] = await database.query(`SELECT nextval('callscope.record_versions') AS version`)
      return Number(row?.version)
    },
    async raiseAbove(stored) {
      const [row] = await database.query(
        'SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS drawn FROM callscope.record_versions',
      )
      const gap = stored - Number(row?.drawn)
      if (gap <= 0) return
      if (gap > longestDraw) await database.query(`SELECT setval('callscope.record_versions', $1)`, [stored])
      else
        await database.query(`SELECT max(nextval('callscope.record_versions')) FROM generate_series(1, $1::int)`, [gap])
    },
  }
}
