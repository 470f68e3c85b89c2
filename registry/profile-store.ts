import type { ProfileStore } from '#contracts/registry.ts'
import { asTenant, type Database } from './database.ts'

export function createProfileStore(database: Database): ProfileStore {
  return {
    profiles: (tenant) =>
      asTenant(database, tenant, async ({ query }) => {
        const rows = await query(
          'SELECT version, valid_from_ms, thresholds FROM callscope.quality_profiles ORDER BY valid_from_ms, version',
        )
        return rows.map((row) => ({
          version: String(row.version),
          validFromMs: Number(row.valid_from_ms),
          thresholds: row.thresholds,
        }))
      }),
  }
}
