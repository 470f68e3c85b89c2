import type { ClickHouseClient } from '@clickhouse/client'
import type { CallSamples, SampledCall, SampledStream } from '#contracts/call-charts.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import { groupBy } from '#quality/grouping.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { chartOf, thresholdsOf } from '#quality/sampled-streams.ts'
import { createIntervalScorer } from '#quality/score-interval.ts'
import { streamKeyOf } from '#quality/streams.ts'
import { readSampleRows, type SampleRow } from './sample-rows.ts'
import { findCall } from './whole-call.ts'

/** The profile that a call was judged by. */
export type JudgingProfile = (call: SampledCall) => QualityProfile

/** 4 hours of 8 streams by the second are 115,200. */
const maxIntervals = 200_000

/** Every interval of a call's streams, scored by the profile that the call was judged by. */
export async function readSamples(
  client: ClickHouseClient,
  { tenant, id }: { readonly tenant: TenantScope; readonly id: string },
  profileOf: JudgingProfile,
): Promise<CallSamples | undefined> {
  const record = (await findCall(client, tenant, id))?.record
  if (record === undefined) return undefined
  const rows = await readSampleRows(client, {
    ...{ tenant: record.tenant, ids: record.correlationIds, limit: maxIntervals + 1 },
    counters: record.streams.some(({ scope }) => scope === 'cumulative'),
  })
  const profile = profileOf(record)
  const streams = [...groupBy(rows.slice(0, maxIntervals), viewOf).values()]
  const score = createIntervalScorer(profile)
  return {
    streams: streams.flatMap((own) => streamOf(own, record, score)).toSorted(byKey),
    truncated: rows.length > maxIntervals,
    thresholds: thresholdsOf(profile),
  }
}

/** What one source says of one stream in one scope; a transfer carries it on under another id. Without a leg id, ids stay apart. */
const viewOf = (row: SampleRow): string =>
  [row.legId === '' ? row.correlationId : '', streamKeyOf(row), row.observer, row.source, row.scope].join('\u0000')

function streamOf(
  rows: readonly SampleRow[],
  { streams }: SampledCall,
  score: ReturnType<typeof createIntervalScorer>,
): readonly SampledStream[] {
  const [first] = rows
  if (first === undefined) return []
  const { observer, source, scope, kind, ...identity } = first
  const key = streamKeyOf({ kind, ...identity })
  const label = streams.find((stream) => stream.key === key)?.label ?? ''
  const intervals = rows.map(({ endMs, lengthMs, measured }) => ({
    ...{ endMs, lengthMs, measured, scored: score(measured) },
  }))
  return [{ ...{ key, observer, source, scope, kind, label }, ...chartOf(intervals) }]
}

const byKey = (one: SampledStream, other: SampledStream): number =>
  textOrder(one.key, other.key) ||
  textOrder(one.observer, other.observer) ||
  textOrder(one.source, other.source) ||
  textOrder(one.scope, other.scope)

const textOrder = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
