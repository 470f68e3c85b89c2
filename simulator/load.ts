import type { EpochMs } from '#contracts/call-record.ts'
import { createRandom, hex, type Random, uuid } from './random.ts'
import { codecs, tenantWorlds } from './world.ts'

export interface LoadOptions {
  readonly seed: number
  /** Calls open all the time. */
  readonly calls?: number
  /** Samples per second of event time, over all calls. With two streams a call it decides the interval. */
  readonly samplesPerSecond?: number
  /** Event time of the first sample. */
  readonly startMs: EpochMs
  /** How long before `startMs` a call began; the calls' ages are spread evenly over this. */
  readonly oldestMs?: number
}

/** A record for the log with its body already written. */
export interface LoadMessage {
  readonly topic: 'call-events' | 'quality-samples'
  readonly key: string
  readonly value: string
  readonly atMs: EpochMs
}

/** Plain quality samples of many open calls, for measuring speed. Noisy like real ones, and cheap to make. */
export interface Load {
  readonly intervalMs: number
  /** Start and answer of every call, in order of time. */
  starts(): IterableIterator<LoadMessage>
  /** Samples in order of time, without end. Read once. */
  samples(): IterableIterator<LoadMessage>
  /** The end of one call, at a moment. */
  end(call: number, atMs: EpochMs): LoadMessage
}

interface LoadCall {
  readonly correlationId: string
  readonly callId: string
  readonly tenant: string
  readonly startedMs: EpochMs
  readonly codec: string
  readonly legs: readonly string[]
  readonly poor: boolean
}

const directions = ['send', 'receive'] as const
/** Share of calls that lose many packets, so that classes differ and reasons are made. */
const poorShare = 0.05
const setupMs = 8_000

export function createLoad({ seed, calls = 50_000, samplesPerSecond, startMs, oldestMs = 600_000 }: LoadOptions): Load {
  const random = createRandom(seed)
  const rate = samplesPerSecond ?? (calls * directions.length) / 5
  const intervalMs = Math.max(1, Math.round((calls * directions.length * 1_000) / rate))
  const open = Array.from({ length: calls }, (_, at) => {
    const ageMs = setupMs + 1_000 + Math.floor((oldestMs * (calls - at)) / calls)
    return loadCall(random.fork(`call-${at}`), startMs - ageMs)
  })

  function* starts(): Generator<LoadMessage> {
    for (const call of open) {
      yield event(call, 'call.started', call.startedMs, {
        direction: 'outbound',
        region: 'eu-west',
        carrier: 'northtel',
      })
      yield event(call, 'call.answered', call.startedMs + setupMs, { codec: call.codec, media_node: 'media-eu-west-1' })
    }
  }

  return {
    intervalMs,
    starts,
    samples: () => loadSamples({ open, intervalMs, startMs, random: random.fork('noise') }),
    end(at, atMs) {
      const call = open[at]
      if (call === undefined) throw new Error(`no call ${at}: there are ${calls}`)
      return event(call, 'call.ended', atMs, { sip_code: 200, q850_cause: 16, ended_by: 'caller' })
    },
  }
}

function loadCall(random: Random, startedMs: EpochMs): LoadCall {
  const callId = `call-${hex(random, 16)}`
  return {
    correlationId: uuid(random),
    callId,
    tenant: random.pick(tenantWorlds).id,
    startedMs,
    codec: random.pick([codecs.pcma, codecs.pcmu, codecs.g729, codecs.opus]).name,
    legs: [`${callId}-leg-a`, `${callId}-leg-b`],
    poor: random.chance(poorShare),
  }
}

function event(
  call: LoadCall,
  type: string,
  atMs: EpochMs,
  data: Readonly<Record<string, string | number>>,
): LoadMessage {
  const value = JSON.stringify({
    specversion: '1.0',
    id: `${call.callId}-${type}`,
    source: '/call-control',
    type,
    time: new Date(atMs).toISOString(),
    tenantid: call.tenant,
    correlationid: call.correlationId,
    data: { call_id: call.callId, ...data },
  })
  return { topic: 'call-events', key: call.correlationId, value, atMs }
}

/** The parts of a stream's samples that never change, written once. */
interface Template {
  readonly key: string
  readonly beforeId: string
  readonly beforeTime: string
  readonly beforeMeasures: string
  readonly poor: boolean
}

function template(call: LoadCall, at: number, intervalMs: number): Template {
  const leg = call.legs[0] ?? call.callId
  const direction = directions[at] ?? 'send'
  const data = {
    call_id: call.callId,
    leg_id: leg,
    observer: 'media_server',
    kind: 'audio',
    direction,
    codec: call.codec,
  }
  const head = `","tenantid":"${call.tenant}","correlationid":"${call.correlationId}","data":`
  const fixed = JSON.stringify({ ...data, scope: 'interval', interval_ms: intervalMs }).slice(0, -1)
  return {
    key: call.correlationId,
    beforeId: `{"specversion":"1.0","id":"${leg}-${direction}-`,
    beforeTime: '","source":"/media-server/1","type":"quality.sample","time":"',
    beforeMeasures: `${head}${fixed},"sequence":`,
    poor: call.poor,
  }
}

interface SampleRun {
  readonly open: readonly LoadCall[]
  readonly intervalMs: number
  readonly startMs: EpochMs
  readonly random: Random
}

/** Text is put together from templates: twice as fast as JSON.stringify of an object made for it. */
function* loadSamples({ open, intervalMs, startMs, random }: SampleRun): Generator<LoadMessage> {
  const templates = open.flatMap((call) => directions.map((_, at) => template(call, at, intervalMs)))
  const packets = Math.max(1, Math.round(intervalMs / 20))
  let clockMs = 0
  let clock = ''
  for (let round = 1; ; round++) {
    for (const [at, stream] of templates.entries()) {
      const atMs = startMs + (round - 1) * intervalMs + Math.floor((at * intervalMs) / templates.length)
      if (atMs !== clockMs) {
        clockMs = atMs
        clock = new Date(atMs).toISOString()
      }
      const value = `${stream.beforeId}${round}${stream.beforeTime}${clock}${stream.beforeMeasures}${round}${measures(stream, packets, random)}}}`
      yield { topic: 'quality-samples', key: stream.key, value, atMs }
    }
  }
}

function measures({ poor }: Template, packets: number, random: Random): string {
  const noise = random.next()
  const lost = poor ? Math.round(packets * (0.06 + 0.06 * noise)) : noise < 0.05 ? 1 : 0
  const received = packets - lost
  const discarded = noise > 0.95 ? 1 : 0
  // Tenths of a millisecond, as measuring devices give them.
  const jitter = Math.floor(15 + 90 * noise) / 10
  const roundTrip = Math.floor(240 + 300 * random.next()) / 10
  return `,"packets_received":${received},"packets_lost":${lost},"packets_discarded":${discarded},"bytes_received":${received * 160},"jitter_ms":${jitter},"round_trip_ms":${roundTrip}`
}
