import { z } from 'zod'
import { next, type Outcome, park } from '#contracts/outcome.ts'
import { parseSafely } from '#contracts/parse.ts'
import { id, knownIds, name, observer, timestamp } from '#contracts/signals/common.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { isLegacyReport, legacyDetail, readReport } from './rtc-stats.ts'
import { sampleEvent } from './sample-event.ts'
import { defined, type RefusedStat, readStreams } from './streams.ts'

/** Last instant that Date can write with four digits for the year. */
const lastMs = 253_402_300_799_999

/** Body of `POST /v1/getstats`: one report of one PeerConnection, as `[...report.values()]` or by id. */
export const getStatsRequest = z.strictObject({
  ...knownIds,
  correlation_id: id,
  /** Repeats the tenant of the credential; another is refused downstream. */
  tenantid: name.optional(),
  /** Who measured; with a server, `inbound-rtp` is what the party sends. */
  observer: observer.default('browser'),
  /** Made anew for each PeerConnection: with the SSRC it names the epoch of the counters. */
  start_id: id,
  /** Producer, as the CloudEvents' source. */
  source: id.default('getstats'),
  /** When the report was taken, for stats without `timestamp`: epoch milliseconds or RFC 3339. */
  time: z.union([z.number().min(0).max(lastMs), timestamp]).optional(),
  /** The microphone was muted while the report was taken. */
  muted: z.boolean().optional(),
  stats: z.unknown(),
})
export type GetStatsRequest = z.infer<typeof getStatsRequest>

export interface GetStatsRead {
  /** CloudEvents for `quality-samples`, cumulative, one for each stream and observer. */
  readonly samples: readonly QualitySample[]
  /** Stats left out, with field and bound; the others go on. */
  readonly refused: readonly RefusedStat[]
}

/** One getStats report to samples. Holds no state: counters are sent on as they are and differenced later (docs/architecture.md, promise 2). */
export function readGetStats(body: unknown): Outcome<GetStatsRead> {
  const parsed = parseSafely(getStatsRequest, body)
  if (!parsed.success) return park('invalid_schema', detailOf(parsed.error))
  const { correlation_id, tenantid, observer, start_id, source, time, muted, stats, ...ids } = parsed.data
  const report = readReport(stats)
  if (typeof report === 'string') return park('invalid_schema', report)
  if (isLegacyReport(report)) return park('invalid_schema', legacyDetail)
  const timeMs = typeof time === 'string' ? Date.parse(time) : time
  const { drafts, refused } = readStreams(report, { observer, startId: start_id, ...defined({ timeMs, muted }) })
  const envelope = { source, correlationId: correlation_id, tenant: tenantid, ids: defined(ids) }
  const writable = drafts.filter((draft) => draft.timeMs <= lastMs)
  const late = drafts.filter((draft) => draft.timeMs > lastMs)
  return next({
    samples: writable.map((draft) => sampleEvent(draft, envelope)),
    refused: [
      ...refused,
      ...late.map(({ statId }) => ({ statId, detail: 'timestamp: must be before the year 10000' })),
    ],
  })
}

/** The first issue: where, and what is wanted. Zod's texts name expectations and keys, not values. */
function detailOf({ issues }: z.ZodError): string {
  const [first] = issues
  return first === undefined ? 'body: does not fit' : `${first.path.join('.') || 'body'}: ${first.message}`
}
