import type { WatermarkEntry, WatermarkStore } from '#contracts/registry.ts'
import type { Database } from './database.ts'

// One statement, because it runs with every batch: entries of a source that are not given any more go, the others
// are written. Both parts see the table as it was, and never touch the same row.
const replaceSources = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[]) AS entry (source, tenant, watermark_ms, at_end)
  ), gone AS (
    DELETE FROM callscope.watermarks AS old
    WHERE source IN (SELECT source FROM given)
      AND NOT EXISTS (SELECT FROM given WHERE given.source = old.source AND given.tenant = old.tenant)
  )
  INSERT INTO callscope.watermarks SELECT * FROM given
  ON CONFLICT (source, tenant) DO UPDATE SET watermark_ms = excluded.watermark_ms, at_end = excluded.at_end`

export function createWatermarkStore(database: Database): WatermarkStore {
  return {
    async write(entries) {
      if (entries.length === 0) return
      // A statement may not write a row twice: the last word on a tenant and source counts.
      const last = [...new Map(entries.map((entry) => [JSON.stringify([entry.source, entry.tenant]), entry])).values()]
      await database.query(replaceSources, [
        last.map(({ source }) => source),
        last.map(({ tenant }) => tenant),
        last.map(({ watermarkMs }) => Math.floor(watermarkMs)),
        last.map(({ atEnd }) => atEnd),
      ])
    },
    async read() {
      const rows = await database.query(
        'SELECT source, tenant, watermark_ms, at_end FROM callscope.watermarks ORDER BY 1, 2',
      )
      return rows.map(
        (row): WatermarkEntry => ({
          tenant: String(row.tenant),
          source: String(row.source),
          watermarkMs: Number(row.watermark_ms),
          atEnd: row.at_end === true,
        }),
      )
    },
    async remove(source) {
      await database.query('DELETE FROM callscope.watermarks WHERE source = $1', [source])
    },
  }
}
