import type { EpochMs } from '#contracts/call-record.ts'
import { type Counts, type Measured, measure } from './conditions.ts'
import type { JsonObject } from './message.ts'
import { codecAt, type ObserverPlan } from './plan.ts'
import type { Random } from './random.ts'
import type { SampleDraft, SampledStream } from './tally.ts'
import { ticks } from './ticks.ts'
import { videoSamples } from './video.ts'

/** All audio samples that one observer sends of one stream, made when they are asked for, and what they must sum up to. */
export function samplesOf(sampled: SampledStream): Iterable<SampleDraft> {
  const { scope, view } = sampled.plan
  if (view === 'video') return videoSamples(sampled)
  if (scope === 'cumulative') return cumulativeSamples(sampled)
  return scope === 'call' ? wholeCallReport(sampled, 1) : intervalSamples(sampled)
}

function* intervalSamples(sampled: SampledStream): Generator<SampleDraft> {
  const { draft, stream, plan, random, tally } = sampled
  let fromMs = stream.fromMs
  let sequence = 0
  for (const toMs of ticks(stream, plan)) {
    const codec = codecAt(draft, toMs - 1)
    const seen = measure(stream, codec, fromMs, toMs, random)
    sequence++
    tally.add(toMs, { ...seen, ms: toMs - fromMs })
    yield sample(sampled, toMs, sequence, {
      scope: 'interval',
      interval_ms: toMs - fromMs,
      ...counters(seen, codec.payloadBytes),
      ...gauges(seen, random),
      ...(seen.received > 0 && {
        jitter_buffer_delay_ms: round(seen.condition.jitterBufferMs * random.between(0.9, 1.1)),
      }),
    })
    fromMs = toMs
  }
  if (plan.finalReport === true) yield* wholeCallReport(sampled, sequence + 1)
}

/** RFC 6035 style: one report at the end. Counts towards the sums only where nothing finer exists. */
function* wholeCallReport(sampled: SampledStream, sequence: number): Generator<SampleDraft> {
  const { draft, stream, random, tally } = sampled
  const codec = codecAt(draft, stream.toMs - 1)
  const seen = measure(stream, codec, stream.fromMs, stream.toMs, random)
  tally.addWholeCall(stream.toMs, { ...seen, ms: stream.toMs - stream.fromMs })
  yield sample(sampled, stream.toMs, sequence, {
    scope: 'call',
    interval_ms: stream.toMs - stream.fromMs,
    ...counters(seen, codec.payloadBytes),
    ...gauges(seen, random),
    ...(seen.received > 0 && { mos_listening: Number(random.between(4, 4.4).toFixed(2)) }),
  })
}

function* cumulativeSamples(sampled: SampledStream): Generator<SampleDraft> {
  const { draft, stream, plan, random, tally } = sampled
  const epoch = createEpoch(plan, random)
  let total = noCounts()
  let buffered = 0
  let fromMs = stream.fromMs
  let sequence = 0
  for (const toMs of ticks(stream, plan)) {
    const codec = codecAt(draft, toMs - 1)
    const seen = measure(stream, codec, fromMs, toMs, random)
    if (epoch.startsAgain(toMs)) {
      total = noCounts()
      buffered = 0
    }
    total = sum(total, seen)
    fromMs = toMs
    const remote = plan.view === 'remote_report'
    // A far end that receives nothing has no report block to send (RFC 3550 clause 6.4).
    if (remote && seen.received === 0) continue
    // RFC 3550: duplicates in the network make the far end's running loss fall, even below zero.
    if (remote && random.chance(0.05)) total.lost--
    const played = seen.samples - seen.concealed
    buffered += Math.round(played * seen.condition.jitterBufferMs)
    sequence++
    tally.addCumulative(toMs, epoch.name(), { ...total, ms: 0 })
    const emitted = total.samples - total.concealed
    yield sample(sampled, toMs, sequence, {
      scope: 'cumulative',
      ...epoch.ids(),
      // A far end's report tells of loss, jitter and round trip, and of nothing else.
      ...(remote ? { packets_lost: total.lost } : counters(total, codec.payloadBytes)),
      ...(!remote && { jitter_buffer_delay_total_ms: buffered, jitter_buffer_emitted: emitted }),
      ...gauges(seen, random),
    })
  }
}

function sample({ draft, plan }: SampledStream, toMs: EpochMs, sequence: number, measured: JsonObject): SampleDraft {
  const codec = draft.samplesNameCodec ? { codec: codecAt(draft, toMs - 1).name } : {}
  return { atMs: toMs + (plan.skewMs ?? 0), sequence, data: { ...measured, ...codec } }
}

const counters = (seen: Counts, payloadBytes: number): JsonObject => ({
  packets_received: seen.received,
  packets_lost: seen.lost,
  packets_discarded: seen.discarded,
  bytes_received: seen.received * payloadBytes,
  samples_received: seen.samples,
  concealed_samples: seen.concealed,
  silent_concealed_samples: seen.silentConcealed,
})

/** Jitter is unknown where nothing arrived; the round trip is known all the same, from RTCP. */
function gauges({ condition, received }: Measured, random: Random): JsonObject {
  return {
    ...(received > 0 && { jitter_ms: round(condition.jitterMs * random.between(0.88, 1.12)) }),
    round_trip_ms: round(condition.roundTripMs * random.between(0.94, 1.06)),
    ...(condition.limitation !== 'none' && { limitation: condition.limitation }),
    ...(condition.muted && { muted: true }),
  }
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000

const noCounts = (): Counts => ({ received: 0, lost: 0, discarded: 0, samples: 0, concealed: 0, silentConcealed: 0 })
const sum = (a: Counts, b: Counts): Counts => ({
  received: a.received + b.received,
  lost: a.lost + b.lost,
  discarded: a.discarded + b.discarded,
  samples: a.samples + b.samples,
  concealed: a.concealed + b.concealed,
  silentConcealed: a.silentConcealed + b.silentConcealed,
})

/** SSRC and start id of the counters, and when they start again. */
function createEpoch({ restart }: ObserverPlan, random: Random) {
  let ssrc = random.int(1, 0xffffffff)
  let start = 1
  let restarted = false
  return {
    ids: () => ({ ssrc, start_id: `pc-${start}` }),
    name: () => `${ssrc}/${start}`,
    startsAgain(atMs: EpochMs): boolean {
      if (restarted || restart === undefined || atMs < restart.atMs) return false
      restarted = true
      if (restart.how === 'ssrc') ssrc = (ssrc % 0xffffffff) + 1
      if (restart.how === 'start_id') start++
      return true
    },
  }
}
