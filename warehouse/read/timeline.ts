import type { ClickHouseClient } from '@clickhouse/client'
import type { Timeline, TimelineQuery } from '#contracts/call-charts.ts'
import type { CallClass } from '#contracts/call-record.ts'
import { rowsOf } from '../client.ts'
import { callConditions } from './call-conditions.ts'
import { whereOf } from './conditions.ts'

/** Calls over the time asked for, in buckets of whole milliseconds: the last one may reach beyond its end. */
export async function readTimeline(client: ClickHouseClient, query: TimelineQuery): Promise<Timeline> {
  const { sinceMs, untilMs, buckets: most } = query
  const bucketMs = Math.max(1, Math.ceil((untilMs - sinceMs) / most))
  const conditions = await callConditions(client, query)
  const rows =
    conditions === undefined
      ? []
      : await rowsOf<[number, CallClass, number]>(
          client,
          `SELECT intDiv(toUnixTimestamp64Milli(at) - {since:Int64}, {bucketMs:Int64}) AS bucket, class, count()
           FROM calls FINAL WHERE is_deleted = 0 AND ${whereOf(conditions)} GROUP BY bucket, class`,
          { ...conditions.params, bucketMs },
        )
  const buckets = Array.from({ length: Math.ceil((untilMs - sinceMs) / bucketMs) }, (_, at) => ({
    ...{ atMs: sinceMs + at * bucketMs },
    ...{ good: 0, degraded: 0, poor: 0, unclassified: 0 },
  }))
  for (const [at, name, calls] of rows) {
    const bucket = buckets[at]
    if (bucket !== undefined) bucket[name] += calls
  }
  return { fromMs: sinceMs, untilMs, bucketMs, buckets }
}
