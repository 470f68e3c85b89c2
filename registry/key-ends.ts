import type { Clock } from '#contracts/clock.ts'
import type { KeyEnds } from '#contracts/registry.ts'
import { asSystem, type Database } from './database.ts'
import { keyColumns, keyFrom } from './tenant-directory.ts'

export function createKeyEnds(database: Database, clock: Clock): KeyEnds {
  return {
    revoke: (id) =>
      asSystem(database, async ({ query }) => {
        const [row] = await query(
          `UPDATE callscope.api_keys SET revoked_ms = coalesce(revoked_ms, $2) WHERE id = $1 RETURNING ${keyColumns}`,
          [id, clock()],
        )
        return row && keyFrom(row)
      }),
    async noteUses(uses) {
      if (uses.size === 0) return
      await asSystem(database, ({ query }) =>
        query(
          `UPDATE callscope.api_keys AS known SET last_used_ms = greatest(known.last_used_ms, used.at_ms)
           FROM unnest($1::text[], $2::bigint[]) AS used (id, at_ms) WHERE known.id = used.id`,
          [[...uses.keys()], [...uses.values()]],
        ),
      )
    },
    hashes: (limit) =>
      asSystem(database, async ({ query }) => {
        const rows = await query(
          `SELECT sha256 FROM callscope.api_keys
           WHERE revoked_ms IS NULL AND coalesce(expires_ms > $1, true) ORDER BY created_ms DESC LIMIT $2`,
          [clock(), limit],
        )
        return rows.map(({ sha256 }) => String(sha256))
      }),
  }
}
