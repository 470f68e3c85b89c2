import type { CallClass, EpochMs, Finding, Run, UnclassifiedReason, Verdict } from '#contracts/call-record.ts'
import { directionsOf } from './directions.ts'
import { faultOf } from './fault.ts'
import { findingsOf } from './findings.ts'
import { groupBy } from './grouping.ts'
import { reasonsOf } from './reasons.ts'
import { hasMedia, isBlind, isEarly, joined, lengthOfRuns } from './spans.ts'
import { measuresArrival, saysAnything } from './streams.ts'
import { type CallFacts, type StreamView, viewsOf } from './views.ts'

/**
 * The verdict on one call: as bad as its worst stream (every view of it counts, or what one observer saw would hide
 * behind another's blind spot) and its worst finding. A pure function of the facts. docs/quality-model.md, sections 4 and 5.
 */
export function judgeCall(facts: CallFacts): Verdict {
  const views = viewsOf(facts)
  const findings = findingsOf(facts, views, directionsOf(facts, views))
  if (facts.disposition === 'not_answered') return unclassified('not_answered', findings)
  const reasons = reasonsOf(views, facts.profile)
  const bad = badClassOf(views, findings)
  // Only a good class needs evidence: a bad call must not hide behind "unclassified".
  if (bad === undefined) {
    const missing = missingEvidence(facts, views)
    if (missing !== undefined) return unclassified(missing, findings)
    return { class: 'good', unclassified: undefined, reasons, findings, fault: undefined }
  }
  return { class: bad, unclassified: undefined, reasons, findings, fault: faultOf({ facts, views, reasons, findings }) }
}

function unclassified(reason: UnclassifiedReason, findings: readonly Finding[]): Verdict {
  return { class: 'unclassified', unclassified: reason, reasons: [], findings, fault: undefined }
}

function badClassOf(views: readonly StreamView[], findings: readonly Finding[]): 'degraded' | 'poor' | undefined {
  const all = new Set<CallClass | Finding['severity']>([
    ...views.map(({ judged }) => judged.class),
    ...findings.map(({ severity }) => severity),
  ])
  if (all.has('poor')) return 'poor'
  return all.has('degraded') ? 'degraded' : undefined
}

/** Why a call without faults cannot be called good, or undefined when it can. */
function missingEvidence(facts: CallFacts, views: readonly StreamView[]): UnclassifiedReason | undefined {
  const measuring = views.filter(({ digest, judged }) => saysAnything(digest) && judged.measuredMs > 0)
  if (measuring.length === 0) {
    const { answeredMs, endedMs, asOfMs, disposition, conference } = facts
    // Of an open call: not answered so far. Whoever shows it says the state beside it.
    if (disposition === 'unknown' && answeredMs === undefined && !conference && facts.events.length > 0)
      return 'not_answered'
    // A call of a few seconds ends before its first report is due: nobody failed to measure it.
    const talkMs =
      answeredMs === undefined || endedMs === undefined ? undefined : Math.min(endedMs, asOfMs) - answeredMs
    return talkMs !== undefined && talkMs < facts.profile.minimumMediaMs ? 'too_short' : 'no_samples'
  }
  // A direction exists where something flowed; one that ought to have and did not is a finding, not missing evidence.
  const directions = [...groupBy(measuring.filter(carriesMedia), ({ ends }) => ends.label).values()]
  if (directions.some(isBlindThroughout)) return 'not_judgeable'
  if (directions.length > 0 && directions.every((own) => own.some((view) => hasEnough(view, facts)))) return undefined
  return isBlindThroughout(measuring) ? 'not_judgeable' : 'too_short'
}

const isBlindThroughout = (views: readonly StreamView[]): boolean =>
  views.every(({ judged }) => seenMsOf(judged.runs) === 0)

/** Time in which something was known that a limit could judge. */
const seenMsOf = (runs: readonly Run[]): number => lengthOfRuns(runs.filter(([, , mask]) => !isBlind(mask)))

/** Seen to carry media; a report without packet counts (RTCP from the far end) is about media by its nature. */
function carriesMedia({ digest, judged }: StreamView): boolean {
  return !measuresArrival(digest) || judged.runs.some(([, , mask]) => hasMedia(mask))
}

/** No telephone sends packets of less (G.711 by 5 ms is the shortest in use): more of them are no evidence of more time. */
const leastPacketMs = 2.5

function hasEnough({ digest, judged }: StreamView, { profile }: CallFacts): boolean {
  const mediaMs = seenMsOf(judged.runs.filter(([, , mask]) => !measuresArrival(digest) || hasMedia(mask)))
  const earlyMs = digest.runs.reduce((sum, [fromMs, toMs, mask]) => (isEarly(mask) ? sum + toMs - fromMs : sum), 0)
  // Packets are counted over the whole stream; ringback before the answer is no evidence about the talk.
  const packets = ((digest.packetsReceived ?? 0) * seenMsOf(judged.runs)) / (judged.measuredMs + earlyMs)
  const believed = Math.min(packets, mediaMs / leastPacketMs)
  return believed >= profile.minimumPackets || mediaMs >= profile.minimumMediaMs
}

/**
 * The next event time after `asOfMs` at which the verdict can change though no message comes, or undefined: a direction
 * still waiting for its first media passes a limit, or silence or media already reported lies ahead of `asOfMs`.
 */
export function nextJudgementDue(facts: CallFacts): EpochMs | undefined {
  const { asOfMs, endedMs = Number.POSITIVE_INFINITY, disposition } = facts
  if (disposition === 'not_answered') return undefined
  const views = viewsOf(facts)
  const due = [...waitingLimits(facts, views), ...reportedAhead(facts, views), endedMs]
  const next = due
    .filter((atMs) => atMs > asOfMs && atMs <= endedMs)
    .reduce((first, atMs) => Math.min(first, atMs), Number.POSITIVE_INFINITY)
  return Number.isFinite(next) ? next : undefined
}

/** Limits after the answer that a direction without media has yet to pass. */
function waitingLimits(facts: CallFacts, views: readonly StreamView[]): readonly EpochMs[] {
  const { answeredMs, conference, profile } = facts
  if (answeredMs === undefined || conference) return []
  const directions = directionsOf(facts, views)
  const atNoMedia = answeredMs + profile.noMediaMs
  if (directions.length === 0) return [atNoMedia]
  if (directions.every(({ media }) => media.length > 0)) return []
  const { degraded, poor } = profile.lateMediaMs
  // Late means later than the limit, so that one is due a millisecond after it.
  return [answeredMs + degraded + 1, answeredMs + poor + 1, atNoMedia]
}

/** Times at which silence or first media that was reported already, but lies after `asOfMs`, makes a finding. */
function reportedAhead(facts: CallFacts, views: readonly StreamView[]): readonly EpochMs[] {
  return directionsOf({ ...facts, asOfMs: Number.MAX_SAFE_INTEGER }, views).flatMap(({ media, silent }) => {
    const [first] = media
    const heard = first === undefined ? [] : [first.fromMs + 1]
    return [...joined(silent).map(({ fromMs }) => fromMs + facts.profile.oneWayMs), ...heard]
  })
}
