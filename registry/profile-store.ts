import type { Clock } from '#contracts/clock.ts'
import type { ProfileStore } from '#contracts/registry.ts'
import { asTenant, type Database } from './database.ts'

export function createProfileStore(database: Database, clock: Clock): ProfileStore {
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
    add: (tenant, { version, validFromMs, thresholds }) =>
      asTenant(database, tenant, async ({ query }) => {
        const rows = await query(
          `INSERT INTO callscope.quality_profiles (tenant, version, valid_from_ms, thresholds, created_ms)
           SELECT $1, $2, $3::bigint, $4::jsonb, $5
           WHERE NOT EXISTS (SELECT 1 FROM callscope.quality_profiles WHERE valid_from_ms = $3::bigint)
           ON CONFLICT (tenant, version) DO NOTHING RETURNING version`,
          [tenant, version, validFromMs, JSON.stringify(thresholds), clock()],
        )
        return rows.length > 0
      }),
  }
}
