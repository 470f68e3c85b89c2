import type { EpochMs, Finding, Severity } from '#contracts/call-record.ts'
import type { Direction } from './directions.ts'
import { formatDuration } from './reasons.ts'
import { contiguousMs, intersection, joined, lengthOf, longestOf, type Span, union } from './spans.ts'
import type { CallFacts } from './views.ts'

/** One-way audio, no media after the answer, late media: what a call is judged by even where no packet was bad. */
export function mediaFindings(facts: CallFacts, directions: readonly Direction[]): readonly Finding[] {
  return directions.flatMap((direction) => {
    const oneWay = oneWayAudio(direction, spokenElsewhere(direction, directions, facts), facts)
    // In a conference nobody owes media from the moment of joining: people join muted, to listen.
    return facts.conference ? oneWay : [...oneWay, ...afterAnswer(direction, facts)]
  })
}

/**
 * Time in which a working path would have carried something: the other direction did. In a conference: somebody else
 * spoke to it; whether a silent participant ought to have spoken, nobody can tell.
 */
function spokenElsewhere(
  { from, to, label }: Direction,
  directions: readonly Direction[],
  { conference }: CallFacts,
): readonly Span[] {
  if (!conference) return directions.find((other) => other.label === `${to} -> ${from}`)?.media ?? []
  if (from !== 'conference') return []
  const others = directions.filter((other) => other.to === 'conference' && other.from !== to && other.label !== label)
  return union(others.flatMap(({ media }) => media))
}

/** Silence that its direction cannot explain by suppression: muted time is taken off by the callers. */
function faultySilence({ suppressesSilence, media }: Direction, silences: readonly Span[]): readonly Span[] {
  const lastMediaMs = media.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY
  return suppressesSilence ? silences.filter(({ toMs }) => toMs > lastMediaMs) : silences
}

function oneWayAudio(direction: Direction, elsewhere: readonly Span[], { profile }: CallFacts): readonly Finding[] {
  const together = joined(intersection(elsewhere, direction.silent))
  const longest = longestOf(faultySilence(direction, together))
  if (longest === undefined || lengthOf(longest) - direction.mutedMs < profile.oneWayMs) return []
  const text = `one-way audio: nothing ${direction.label} for ${formatDuration(lengthOf(longest))} while the other direction carried media`
  return [finding('one_way_audio', 'poor', direction, longest, text)]
}

/** Silence that began with the answer, as far as it was observed. */
export function silenceAfterAnswer(direction: Direction, answeredMs: EpochMs | undefined): Span | undefined {
  if (answeredMs === undefined) return undefined
  const [first] = joined(direction.silent)
  const firstMediaMs = direction.media[0]?.fromMs ?? Number.POSITIVE_INFINITY
  if (first === undefined || first.fromMs - answeredMs > contiguousMs || firstMediaMs < first.fromMs) return undefined
  return { fromMs: first.fromMs, toMs: Math.min(first.toMs, firstMediaMs) }
}

function afterAnswer(direction: Direction, { answeredMs, profile }: CallFacts): readonly Finding[] {
  const silence = silenceAfterAnswer(direction, answeredMs)
  if (silence === undefined || faultySilence(direction, [silence]).length === 0) return []
  const silentMs = lengthOf(silence) - direction.mutedMs
  const cameLater = direction.media.length > 0
  const findings: Finding[] = []
  if (silentMs >= profile.noMediaMs) {
    const text = `no media ${direction.label} for ${formatDuration(silentMs)} after the answer`
    findings.push(finding('no_media_after_answer', 'poor', direction, silence, text))
  }
  if (cameLater && silentMs > profile.lateMediaMs.degraded) {
    const severity = silentMs > profile.lateMediaMs.poor ? 'poor' : 'degraded'
    const text = `first media ${direction.label} came ${formatDuration(silentMs)} after the answer`
    findings.push(finding('late_media', severity, direction, silence, text))
  }
  return findings
}

function finding(
  type: Finding['type'],
  severity: Severity,
  { stream }: Direction,
  { fromMs, toMs }: Span,
  text: string,
): Finding {
  return { type, severity, stream, fromMs, toMs, text }
}
