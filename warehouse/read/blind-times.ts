import type { ClickHouseClient } from '@clickhouse/client'
import { type BlindTime, beatEveryMs, blindAfterMs } from '#contracts/blind-times.ts'
import { rowsOf } from '../client.ts'
import { momentOf } from './conditions.ts'

/** The last beat may not be written yet. */
const stillAfterMs = blindAfterMs + 2 * beatEveryMs

/**
 * Stretches of a window in which a pipeline was not looking, oldest first; one that lasts still ends with the window. Before
 * a pipeline's first beat ever it had nothing to look at, and was not blind.
 */
export async function readBlindTimes(
  client: ClickHouseClient,
  window: { readonly fromMs: number; readonly untilMs: number },
): Promise<readonly BlindTime[]> {
  const rows = await rowsOf<[string, number, number]>(
    client,
    `SELECT pipeline, greatest(last_ms, {fromMs: Int64}), next_ms
     FROM (
       SELECT pipeline, toInt64(toUnixTimestamp64Milli(at)) AS last_ms,
         leadInFrame(last_ms, 1, {untilMs: Int64}) OVER (PARTITION BY pipeline ORDER BY at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_ms
       FROM (
         SELECT pipeline, at FROM pipeline_heartbeats WHERE at >= ${momentOf('fromMs')} AND at < ${momentOf('untilMs')}
         UNION ALL
         SELECT pipeline, max(at) FROM pipeline_heartbeats WHERE at < ${momentOf('fromMs')} GROUP BY pipeline)
     )
     WHERE next_ms - last_ms > if(next_ms = {untilMs: Int64}, {stillAfterMs: Int64}, {blindAfterMs: Int64})
     ORDER BY last_ms, pipeline LIMIT 1000`,
    { fromMs: Math.floor(window.fromMs), untilMs: Math.ceil(window.untilMs), stillAfterMs, blindAfterMs },
  )
  return rows.map(([pipeline, fromMs, untilMs]) => ({ pipeline, fromMs, untilMs }))
}
