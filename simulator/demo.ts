import type { EpochMs } from '#contracts/call-record.ts'
import type { SimulatedMessage } from './message.ts'
import type { CallDraft } from './plan.ts'
import { createScenarioPicker, layFaults, meanCallMs, planCall, scenarioNamed } from './planning.ts'
import { createPlayer } from './player.ts'
import { createRandom, type Random } from './random.ts'
import { heavyLoss } from './scenarios/network.ts'
import type { CallTruth } from './truth.ts'
import { tenantWorlds } from './world.ts'

export interface DemoOptions {
  readonly seed: number
  readonly startMs: EpochMs
  /** Calls open at once, on average. */
  readonly concurrent?: number
  readonly onCall?: (truth: CallTruth) => void
}

/** The carrier that turns bad and recovers. */
export const demoCarrier = 'northtel'

const minuteMs = 60_000
const cycleMs = 15 * minuteMs
/** Bad already when the demo begins, for a few minutes, and then again every quarter of an hour. */
const badFromMs = -2 * minuteMs
const badToMs = 4 * minuteMs
/** A stretch of the incident shorter than this does not decide a call, and is left out to keep its truth certain. */
const minBadMs = 20_000

/** Calls that are under way when the demo begins: the oldest have just ended, so that the first page is not empty. */
const backlogMs = 140_000
/** Planted among them, so that a newcomer meets each within the first minute. */
const firstScenarios = [
  'one_way_audio',
  'platform_span_failure',
  'bad_client',
  'late_media',
  'access_loss',
  'not_answered',
]

/** No scenario that begins on another day: a demo is about now. Healthy calls thrice: a platform mostly works. */
const demoScenarios = [
  ...[
    'healthy',
    'healthy',
    'healthy',
    'not_answered',
    'one_way_audio',
    'bad_client',
    'platform_span_failure',
    'transfer',
  ],
  ...['conference', 'codec_change', 'jitter_burst', 'late_media', 'too_short', 'spans_retried', 'recording_failed'],
]

const demoFaults = {
  duplicates: 0.1,
  reordering: 0.1,
  clock_skew: 0.01,
  late_link: 0.02,
  late_codec: 0.02,
  late_carrier: 0.02,
} as const

/**
 * Endless traffic to be sent in real time: each message when the clock reaches its `dueMs`. Begins with the history
 * of the calls under way, all due at `startMs`. The same seed and start give the same messages.
 */
export function demoTraffic({
  seed,
  startMs,
  concurrent = 200,
  onCall = () => {},
}: DemoOptions): IterableIterator<SimulatedMessage> {
  const random = createRandom(seed)
  const player = createPlayer({ random: random.fork('player'), poison: 0, startMs, onCall })
  return player.play(demoCalls({ random, startMs, concurrent }))
}

interface DemoWorld {
  readonly random: Random
  readonly startMs: EpochMs
  readonly concurrent: number
}

function* demoCalls(world: DemoWorld): Generator<CallDraft> {
  const { random, startMs, concurrent } = world
  const pick = createScenarioPicker(demoScenarios)
  const arrivals = random.fork('arrivals')
  let arrivalMs = startMs
  for (let index = 0; ; index++) {
    const underWay = index < concurrent
    const first = firstScenarios[index]
    const scenario = first === undefined ? pick(arrivals) : scenarioNamed(first)
    // The planted ones began long enough ago to end within the first minute.
    const agoMs = first === undefined ? arrivals.int(0, backlogMs) : arrivals.int(80_000, backlogMs)
    if (!underWay) arrivalMs += arrivals.int(0, Math.round((2 * meanCallMs) / concurrent))
    const began = underWay ? { startMs: startMs - agoMs } : {}
    const draft = planCall({ index, scenario, random, tenants: tenantWorlds, arrivalMs, intervalMs: 5_000, ...began })
    plantIncident(draft, startMs)
    layFaults(draft, demoFaults)
    yield draft
  }
}

/** Every call over the bad carrier suffers while the incident lasts: both directions of the carrier's leg. */
function plantIncident(draft: CallDraft, startMs: EpochMs): void {
  const { answerMs, endMs } = draft.times
  const suffers = draft.carrier === demoCarrier && answerMs !== undefined && draft.expected.class === 'good'
  if (!suffers) return
  const random = draft.random.fork('incident')
  const stretch = overlap(answerMs, endMs, startMs)
  if (stretch === undefined) return
  for (const stream of draft.streams) {
    if (stream.leg.trunk) stream.segments.push({ ...stretch, change: { ...heavyLoss(random), silent: false } })
  }
  const { findings } = draft.expected
  draft.expected = { class: 'poor', reasons: ['loss'], findings, planted: 'carrier' }
}

/** The part of a talk that falls into the incident's window of that quarter of an hour. */
function overlap(answerMs: EpochMs, endMs: EpochMs, startMs: EpochMs) {
  const cycle = Math.floor((answerMs - startMs - badFromMs) / cycleMs)
  const windowMs = startMs + Math.max(0, cycle) * cycleMs
  const fromMs = Math.max(answerMs, windowMs + badFromMs)
  const toMs = Math.min(endMs, windowMs + badToMs)
  return toMs - fromMs >= minBadMs ? { fromMs, toMs } : undefined
}
