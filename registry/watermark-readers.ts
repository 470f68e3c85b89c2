import type { WatermarkReaders } from '#contracts/registry.ts'
import type { Database } from './database.ts'

const nowMs = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
/** Imports hold watermarks, too, and read no topic. */
const topicOfSource = `regexp_replace(source, '/\\d+$', '')`
const isPartition = `source ~ '^[^:]+/\\d+$'`

export function createWatermarkReaders({ query }: Database): WatermarkReaders {
  return {
    async beat(topics) {
      if (topics.length === 0) return
      await query(
        `INSERT INTO callscope.watermark_readers SELECT topic, ${nowMs} FROM unnest($1::text[]) AS topic
         ON CONFLICT (topic) DO UPDATE SET alive_ms = excluded.alive_ms`,
        [[...new Set(topics)]],
      )
    },
    async notice() {
      await query(
        `INSERT INTO callscope.watermark_readers
         SELECT DISTINCT ${topicOfSource}, ${nowMs} FROM callscope.watermarks WHERE ${isPartition}
         ON CONFLICT (topic) DO NOTHING`,
      )
    },
    async silent() {
      const rows = await query(
        `SELECT topic, ${nowMs} - alive_ms AS silent_ms
         FROM (SELECT DISTINCT ${topicOfSource} AS topic FROM callscope.watermarks WHERE ${isPartition}) AS held
         JOIN callscope.watermark_readers USING (topic) ORDER BY topic`,
      )
      return rows.map((row) => ({ topic: String(row.topic), silentMs: Number(row.silent_ms) }))
    },
  }
}
