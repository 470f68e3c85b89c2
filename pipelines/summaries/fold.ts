import type { CallEventRow, CallRecord, CdrRow, EpochMs, EvidenceRow, StreamDigest } from '#contracts/call-record.ts'
import { judgeCall, nextJudgementDue } from '#quality/judge.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { worstMosOf } from '#quality/summarize-stream.ts'
import { formulaVersion } from '#quality/version.ts'
import { type CallFacts, summarizeStreams } from '#quality/views.ts'
import { worseAfterMs } from '#quality/worsening.ts'
import type { Component } from './components.ts'
import { foldCdr, foldLegs, foldParties, latestDimensions } from './fold-dimensions.ts'
import { type FoldTimes, foldTimes } from './fold-times.ts'

/** How long things take before the watermark decides them. Event time, milliseconds. */
export interface Patience {
  /** After the end: late data is expected this long, then the record is settled. */
  readonly settleMs: number
  /** A call with samples that has been silent this long has ended. */
  readonly silenceMs: number
  /** A call that never had a sample: signalling alone may be quiet for long. */
  readonly signallingSilenceMs: number
}

export const defaultPatience: Patience = {
  settleMs: 120_000,
  silenceMs: 15 * 60_000,
  signallingSilenceMs: 24 * 3_600_000,
}

/** Everything that is known about one component. */
export interface FoldInput {
  readonly component: Component
  readonly events: readonly CallEventRow[]
  readonly cdrs: readonly CdrRow[]
  readonly streams: readonly StreamDigest[]
  readonly evidence: readonly EvidenceRow[]
  /** The tenant's watermark, read before anything else was. */
  readonly asOfMs: EpochMs
  /** The tenant's profile that holds at a moment: a call is judged by that of its start. */
  readonly profileAt: (atMs: EpochMs) => QualityProfile
  readonly patience: Patience
}

export interface Folded {
  readonly record: CallRecord
  /** Event time at which the record changes by itself; undefined: never. */
  readonly nextDueMs: EpochMs | undefined
  /** Bad time that the call bears, from now on, before its class may be worse; milliseconds. */
  readonly worseAfterMs: number
}

/** What a record shows of its evidence; all of it counts. */
const shownEvidence = 100
/** What a record shows of its events; more than any call has, fewer than a faulty producer sends. */
const shownEvents = 2_000

/**
 * The record of one call: a function of its input and nothing else, whatever order that came in. Undefined when no call
 * event, sample or call detail names the component: then it is not a call.
 */
export function foldCall(input: FoldInput): Folded | undefined {
  const { component, cdrs, streams, asOfMs, patience } = input
  const events = inOrder(input.events)
  const times = foldTimes({ events, cdrs: inOrder(cdrs), streams, asOfMs, patience })
  if (times === undefined) return undefined
  const dimensions = latestDimensions(events, cdrs)
  const facts = factsOf({ ...input, events, codec: dimensions.codec }, times)
  const { conference, legs, evidence, profile } = facts
  const summaries = summarizeStreams(facts)
  const record: CallRecord = {
    tenant: component.tenant,
    id: component.canonical,
    correlationIds: component.members,
    traceIds: component.links.get('trace_id') ?? [],
    ids: idsOf(component),
    state: times.state,
    startedMs: times.startedMs,
    answeredMs: times.answeredMs,
    endedMs: times.endedMs,
    endedBecause: times.endedBecause,
    endedBy: times.endedBy,
    disposition: times.disposition,
    conference,
    ...foldParties(events),
    ...dimensions,
    codec: dimensions.codec ?? summaries.find(({ kind, codecs }) => kind === 'audio' && codecs.length > 0)?.codecs[0],
    sipCode: times.sipCode,
    q850Cause: times.q850Cause,
    setupMs: times.setupMs,
    talkMs: times.talkMs,
    legs,
    streams: summaries,
    worstMos: worstMosOf(summaries),
    verdict: withLinkFindings(judgeCall(facts), component),
    cdr: foldCdr(cdrs),
    evidenceCount: evidence.length,
    eventCount: events.length,
    events: events.slice(0, shownEvents),
    evidence: evidence.slice(0, shownEvidence),
    formulaVersion,
    profileVersion: profile.version,
  }
  return {
    record,
    nextDueMs: nextDue(times, nextJudgementDue(facts), asOfMs),
    worseAfterMs: worseAfterMs(facts, record.verdict.class),
  }
}

/** What the call is judged by. `input.events` are in order. */
function factsOf(input: FoldInput & Pick<CallFacts, 'codec'>, times: FoldTimes): CallFacts {
  const { events, streams, evidence, codec, asOfMs } = input
  const conference = events.some(({ type }) => type.startsWith('conference.'))
  const legs = foldLegs(events, streams, conference)
  const profile = input.profileAt(times.startedMs)
  return { ...times, events, legs, streams, evidence: inOrder(evidence), conference, codec, asOfMs, profile }
}

/** Ids of other systems that name this call, by kind; its traces stand apart. */
const idsOf = ({ links }: Component): CallRecord['ids'] =>
  Object.fromEntries([...links].filter(([kind]) => kind !== 'trace_id').sort(([a], [b]) => (a < b ? -1 : 1)))

/** One order for everything, that no delivery can change: time, then what the row is. */
function inOrder<Row extends { readonly atMs: number; readonly id: string }>(rows: readonly Row[]): readonly Row[] {
  const text = (row: Row) => {
    const {
      correlationId = '',
      subject = '',
      source = '',
      kind = '',
    } = row as Partial<Record<'correlationId' | 'subject' | 'source' | 'kind', string>>
    return `${correlationId}\u0000${subject}\u0000${source}\u0000${kind}\u0000${row.id}`
  }
  return [...rows].sort((a, b) => {
    if (a.atMs !== b.atMs) return a.atMs - b.atMs
    const left = text(a)
    const right = text(b)
    return left < right ? -1 : left > right ? 1 : 0
  })
}

function nextDue(times: FoldTimes, judgementDueMs: number | undefined, asOfMs: number): number | undefined {
  if (times.state === 'settled') return undefined
  const due = [times.changesAtMs, judgementDueMs].filter((at): at is number => at !== undefined && at > asOfMs)
  return due.length === 0 ? undefined : Math.min(...due)
}

/** What is wrong with the ids themselves is said on the call, because it decides what the call is made of. */
function withLinkFindings(verdict: CallRecord['verdict'], { hubIgnored, tooLarge }: Component): CallRecord['verdict'] {
  const stated = { severity: 'none', stream: undefined, fromMs: undefined, toMs: undefined } as const
  const findings = [
    ...(hubIgnored
      ? [
          {
            ...stated,
            type: 'hub_link_ignored' as const,
            text: 'an id that names more than 64 calls joined none of them',
          },
        ]
      : []),
    ...(tooLarge
      ? [
          {
            ...stated,
            type: 'component_too_large' as const,
            text: 'more than 1,000 calls are linked: only conference and leg links counted',
          },
        ]
      : []),
  ]
  return findings.length === 0 ? verdict : { ...verdict, findings: [...verdict.findings, ...findings] }
}
