import type { CallRecord } from '#contracts/call-record.ts'
import type { Change } from '#contracts/changes.ts'
import { formulaVersion } from '#quality/version.ts'

/** The record of a call that could not be computed: nothing is known of it but that. */
export function notComputed({ tenant, id, minutes }: Change): CallRecord {
  const first = minutes.length === 0 ? 0 : Math.min(...minutes) * 60_000
  const unknown = undefined
  return {
    tenant,
    id,
    correlationIds: [id],
    traceIds: [],
    ids: {},
    state: 'settled',
    startedMs: first,
    answeredMs: unknown,
    endedMs: unknown,
    endedBecause: unknown,
    endedBy: unknown,
    disposition: 'unknown',
    conference: false,
    direction: unknown,
    from: unknown,
    to: unknown,
    carrier: unknown,
    gateway: unknown,
    route: unknown,
    region: unknown,
    codec: unknown,
    mediaNode: unknown,
    sipCode: unknown,
    q850Cause: unknown,
    setupMs: unknown,
    talkMs: unknown,
    legs: [],
    streams: [],
    worstMos: unknown,
    verdict: { class: 'unclassified', unclassified: 'not_computed', reasons: [], findings: [], fault: unknown },
    cdr: unknown,
    evidenceCount: 0,
    eventCount: 0,
    events: [],
    evidence: [],
    formulaVersion,
    profileVersion: '',
  }
}
