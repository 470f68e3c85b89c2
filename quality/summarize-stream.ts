import type {
  CallClass,
  Mos,
  MosTally,
  Run,
  StreamDigest,
  StreamSummary,
  TimedMeasure,
} from '#contracts/call-record.ts'
import { measureBits } from '#contracts/interval-mask.ts'
import { withOverrides } from './codecs.ts'
import { mosName } from './e-model-bands.ts'
import { groupBy } from './grouping.ts'
import { worstOf } from './interval-thresholds.ts'
import type { QualityProfile } from './profile.ts'
import { isBlind, judgedRuns, lengthOf, lengthOfRuns, longestOf, stretchesOf } from './spans.ts'
import { streamKeyOf } from './streams.ts'

/** How bad a stream was by one condition: milliseconds, and its longest stretch. */
export interface BadTime {
  readonly ms: number
  readonly longestMs: number
}

/** The runs that a stream is judged by: no early ones, and no MOS bits where its MOS is not grounded. */
export interface JudgedStream {
  readonly runs: readonly Run[]
  readonly measuredMs: number
  readonly class: CallClass
  readonly poor: BadTime
  /** Degraded or poor. */
  readonly bad: BadTime
}

export const nothingMeasured: JudgedStream = {
  ...{ runs: [], measuredMs: 0, class: 'unclassified' },
  ...{ poor: { ms: 0, longestMs: 0 }, bad: { ms: 0, longestMs: 0 } },
}

/** The runs of a digest that can be judged: no early ones, and no MOS bits where its MOS is not grounded. */
export function judgedRunsOf(digest: StreamDigest, profile: QualityProfile): readonly Run[] {
  const silencedMos = hasUngroundedMos(digest, profile) ? measureBits.mos.degraded | measureBits.mos.poor : 0
  const judged = judgedRuns(digest.runs)
  return silencedMos === 0 ? judged : judged.map(([fromMs, toMs, mask]): Run => [fromMs, toMs, mask & ~silencedMos])
}

/**
 * Judges runs that do not overlap: class by share of measured time or by one stretch. docs/quality-model.md, section 4.
 * `measuredMs`: milliseconds that the share is of, where it is more than the runs themselves.
 */
export function judgeRuns(
  runs: readonly Run[],
  profile: QualityProfile,
  measuredMs: number = lengthOfRuns(runs),
): JudgedStream {
  const poor = badTimeOf(runs, (mask) => worstOf(mask) === 2)
  const bad = badTimeOf(runs, (mask) => worstOf(mask) > 0)
  const isBad = (time: BadTime) => reachesLimit(time, measuredMs, profile)
  // Time in which nothing could be judged is not good.
  const isSeen = runs.some(([, , mask]) => !isBlind(mask))
  return {
    runs,
    measuredMs,
    class: isBad(poor) ? 'poor' : isBad(bad) ? 'degraded' : isSeen ? 'good' : 'unclassified',
    poor,
    bad,
  }
}

export function badTimeOf(runs: readonly Run[], isBad: (mask: number) => boolean): BadTime {
  const ms = runs.reduce((sum, [fromMs, toMs, mask]) => (isBad(mask) ? sum + toMs - fromMs : sum), 0)
  const longest = longestOf(stretchesOf(runs, isBad))
  return { ms, longestMs: longest === undefined ? 0 : lengthOf(longest) }
}

/** Whether bad time makes a stream bad: a share of what was measured, or one long stretch. */
export function reachesLimit({ ms, longestMs }: BadTime, measuredMs: number, profile: QualityProfile): boolean {
  if (ms === 0) return false
  return ms * 10_000 >= profile.badShareBasisPoints * measuredMs || longestMs >= profile.badStretchMs
}

/**
 * Whether a codec of the stream cannot be scored under loss, and it lost packets. Then its clean intervals would speak
 * for the whole stream, and a bad carrier look better by its bad minutes leaving the average.
 */
export function hasUngroundedMos(
  { mos, packetsLost = 0, packetsDiscarded = 0 }: StreamDigest,
  profile: QualityProfile,
): boolean {
  if (packetsLost <= 0 && packetsDiscarded <= 0) return false
  return mos.some(({ source, codecRow }) => source === 'computed' && rowsWithoutBpl(profile).has(codecRow))
}

/** A profile never changes, and is asked about every stream of every call: its rows are sorted out once. */
const knownRows = new WeakMap<QualityProfile, ReadonlySet<string>>()

function rowsWithoutBpl(profile: QualityProfile): ReadonlySet<string> {
  const known = knownRows.get(profile)
  if (known !== undefined) return known
  const keys = withOverrides(profile.codecs).flatMap(({ key, bpl }) => (bpl === undefined ? [key] : []))
  const rows = new Set<string>(keys)
  knownRows.set(profile, rows)
  return rows
}

interface SummaryParts {
  /** See createEnds. */
  readonly label: string
  /** See chooseViews. */
  readonly chosen: boolean
  readonly profile: QualityProfile
  /** See judgeViews. */
  readonly judged: JudgedStream
}

/** A digest as people see it. */
export function summarizeStream(digest: StreamDigest, { label, chosen, profile, judged }: SummaryParts): StreamSummary {
  const {
    legId,
    kind,
    direction,
    streamId,
    observer,
    source,
    scope,
    packetsReceived,
    packetsLost,
    packetsDiscarded,
    packetsSent,
  } = digest
  return {
    ...{ key: streamKeyOf(digest), legId, kind, direction, streamId, label, observer, source, chosen, scope },
    class: judged.class,
    fromMs: digest.firstMs,
    toMs: digest.lastMs,
    measuredMs: lengthOfRuns(judged.runs),
    // Disjoint: a millisecond is degraded or poor, never both.
    degradedMs: judged.bad.ms - judged.poor.ms,
    poorMs: judged.poor.ms,
    longestPoorMs: judged.poor.longestMs,
    ...ratiosOf(digest),
    jitterMs: meanMs(digest.jitter),
    jitterMaxMs: maxMs(digest.jitter),
    roundTripMs: meanMs(digest.roundTrip),
    roundTripMaxMs: maxMs(digest.roundTrip),
    oneWayDelayMs: meanMs(digest.oneWayDelay),
    ...{ packetsReceived, packetsLost, packetsDiscarded, packetsSent },
    codecs: [...digest.codecs].sort(),
    mos: mosOf(digest, profile),
    video: videoOf(digest),
  }
}

/** Shares of a whole stream; undefined where the whole is unknown or nothing. */
export function ratiosOf(digest: StreamDigest): Pick<StreamSummary, 'lossRatio' | 'discardRatio' | 'concealedRatio'> {
  const {
    packetsLost,
    packetsDiscarded,
    packetsExpected,
    concealedSamples,
    silentConcealedSamples = 0,
    samplesReceived,
  } = digest
  const lost = packetsLost === undefined ? undefined : Math.max(0, packetsLost)
  const concealed = concealedSamples === undefined ? undefined : Math.max(0, concealedSamples - silentConcealedSamples)
  return {
    lossRatio: ratio(lost, packetsExpected),
    discardRatio: ratio(packetsDiscarded, packetsExpected),
    concealedRatio: ratio(concealed, samplesReceived),
  }
}

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : Math.min(1, part / whole)
}

/** Mean weighted by time, milliseconds. */
export function meanMs(measure: TimedMeasure | undefined): number | undefined {
  return measure === undefined || measure.weightMs <= 0 ? undefined : measure.tenthMs / measure.weightMs / 10
}

function maxMs(measure: TimedMeasure | undefined): number | undefined {
  return measure === undefined || measure.weightMs <= 0 ? undefined : measure.max / 10
}

function mosOf(digest: StreamDigest, profile: QualityProfile): readonly Mos[] {
  const ungrounded = hasUngroundedMos(digest, profile)
  const orderOf = ({ kind, band, source, codecRow }: MosTally) => `${source} ${kind} ${band} ${codecRow}`
  return digest.mos
    .filter(({ ms }) => ms > 0)
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
    .map((tally) => ({
      value: tally.hundredthMs / tally.ms / 100,
      kind: tally.kind,
      band: tally.band,
      source: tally.source,
      name: mosName(tally.kind, tally.band),
      codecRow: tally.codecRow,
      grounded: tally.grounded && !(ungrounded && tally.source === 'computed'),
      extrapolated: tally.extrapolatedMs > 0,
      min: tally.minHundredths / 100,
      max: tally.maxHundredths / 100,
      seconds: tally.ms / 1000,
    }))
}

/**
 * The worst grounded computed MOS that any view of the audio streams has, as the verdict looks at every view too; undefined
 * where media flowed on a stream and no view of it has one: the clean direction must not speak for the call. Kinds and bands
 * are never compared: it is the worst of that kind and band which covers most of the call, conversational before listening
 * within a view.
 */
export function worstMosOf(streams: readonly StreamSummary[]): Mos | undefined {
  const scored = streams
    .filter(({ kind }) => kind === 'audio')
    .map((stream) => ({ stream, mos: groundedMosOf(stream) }))
  const byStream = groupBy(scored, ({ stream }) => stream.key)
  const isUnknown = (views: typeof scored) =>
    views.every(({ mos }) => mos.length === 0) && views.some(({ stream }) => carriedMedia(stream))
  if ([...byStream.values()].some((views) => isUnknown([...views]))) return undefined
  const candidates = scored.flatMap(({ mos }) => {
    const conversational = mos.filter(({ kind }) => kind === 'conversational')
    return conversational.length > 0 ? conversational : mos
  })
  const secondsOf = (scale: readonly Mos[]) => scale.reduce((sum, { seconds }) => sum + seconds, 0)
  const scales = [...groupBy(candidates, ({ name }) => name)].sort(
    ([nameA, a], [nameB, b]) => secondsOf(b) - secondsOf(a) || (nameA < nameB ? -1 : 1),
  )
  const [, widest = []] = scales[0] ?? []
  return [...widest].sort((a, b) => a.value - b.value || (a.codecRow < b.codecRow ? -1 : 1))[0]
}

const groundedMosOf = ({ mos }: StreamSummary): readonly Mos[] =>
  mos.filter(({ grounded, source }) => grounded && source === 'computed')

/**
 * Whether media flowed that somebody could have an opinion of. A far end's report counts no packets, yet is about media;
 * a device's own report of what it sent says nothing of what came of it.
 */
function carriedMedia({ measuredMs, packetsReceived, packetsLost }: StreamSummary): boolean {
  if (measuredMs <= 0) return false
  return packetsReceived === undefined ? packetsLost !== undefined : packetsReceived > 0
}

function videoOf(digest: StreamDigest): StreamSummary['video'] {
  if (digest.kind !== 'video') return undefined
  const { framesDecoded, framesDropped, freezeCount, freezesMs, frameWidth: width, frameHeight: height } = digest
  return { framesDecoded, framesDropped, freezeCount, freezesMs, width, height }
}
