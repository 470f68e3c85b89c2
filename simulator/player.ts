import type { EpochMs } from '#contracts/call-record.ts'
import { createTotals } from './call-totals.ts'
import type { Emission, MessageEmission } from './emission.ts'
import type { SimulatedMessage } from './message.ts'
import { platformNoise } from './noise.ts'
import { createOpenCalls } from './open-calls.ts'
import { createTelemetryBatches } from './otlp.ts'
import type { CallDraft } from './plan.ts'
import { createPoisoner } from './poison.ts'
import type { Random } from './random.ts'
import type { CallTruth, TrafficTotals } from './truth.ts'
import type { TenantWorld } from './world.ts'

export interface PlayerOptions {
  readonly random: Random
  /** Share of malformed messages. */
  readonly poison: number
  readonly startMs: EpochMs
  /** Customers that the platform talks of beside the calls. */
  readonly worlds?: readonly TenantWorld[]
  readonly onCall: (truth: CallTruth) => void
}

/** Tells many calls at once, in the order in which their messages reach the log. */
export interface Player {
  /** `drafts` in order of arrival, endless if need be. */
  play(drafts: Iterable<CallDraft>): Generator<SimulatedMessage>
  totals(): TrafficTotals
}

const eventHeaders = { 'content-type': 'application/cloudevents+json' } as const

export function createPlayer({ random, poison, startMs, worlds, onCall }: PlayerOptions): Player {
  const totals = createTotals()
  const stage: Stage = {
    totals,
    batches: createTelemetryBatches(),
    poisoner: createPoisoner({ random: random.fork('poison'), share: poison }),
    noise: platformNoise(startMs, random.fork('noise'), worlds),
    calls: createOpenCalls({
      onClosed(truth) {
        totals.closed(truth)
        onCall(truth)
      },
      onDuplicates: totals.duplicated,
    }),
  }
  return {
    *play(drafts) {
      for (const message of everything(drafts, startMs, stage)) {
        totals.sent()
        yield message
      }
    },
    totals: () => totals.read(stage.poisoner.planted()),
  }
}

/** Everything that is telling something. */
interface Stage {
  readonly totals: ReturnType<typeof createTotals>
  readonly batches: ReturnType<typeof createTelemetryBatches>
  readonly poisoner: ReturnType<typeof createPoisoner>
  readonly noise: ReturnType<typeof platformNoise>
  readonly calls: ReturnType<typeof createOpenCalls>
}

function* everything(drafts: Iterable<CallDraft>, startMs: EpochMs, stage: Stage): Generator<SimulatedMessage> {
  let nowMs = startMs
  for (const draft of drafts) {
    nowMs = yield* until(draft.arrivalMs, nowMs, stage)
    stage.totals.opened()
    stage.calls.open(draft)
  }
  nowMs = yield* until(Number.POSITIVE_INFINITY, nowMs, stage)
  yield* stage.batches.flush(nowMs)
}

/** Everything that is due before a moment; answers when the last of it was. */
function* until(limitMs: EpochMs, lastMs: EpochMs, stage: Stage): Generator<SimulatedMessage, EpochMs> {
  const { calls } = stage
  let nowMs = lastMs
  for (let nextMs = calls.nextMs(); nextMs !== undefined && nextMs < limitMs; nextMs = calls.nextMs()) {
    nowMs = nextMs
    yield* meanwhile(nowMs, stage)
    const emission = calls.step()
    if (emission !== undefined) yield* deliver(emission, nowMs, stage)
  }
  return nowMs
}

/** What the services say beside the calls, and batches that have waited long enough. */
function* meanwhile(nowMs: EpochMs, { noise, totals, batches }: Stage): Generator<SimulatedMessage> {
  for (const emission of noise.until(nowMs)) {
    totals.beside(emission)
    yield* batches.add(emission, nowMs)
  }
  yield* batches.due(nowMs)
}

function* deliver(emission: Emission, dueMs: EpochMs, { batches, poisoner }: Stage): Generator<SimulatedMessage> {
  if (emission.kind !== 'message') {
    yield* batches.add(emission, dueMs)
    return
  }
  yield messageOf(emission, dueMs)
  yield* poisoner.spoil(emission, dueMs)
}

const messageOf = ({ topic, key, value, atMs }: MessageEmission, dueMs: EpochMs): SimulatedMessage => ({
  topic,
  key,
  headers: eventHeaders,
  value,
  atMs,
  dueMs,
})
