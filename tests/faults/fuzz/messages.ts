import type { Random } from '#simulator/random.ts'
import { type EventType, eventTypes, withField } from '#tests/fuzz/signal-fields.ts'
import { hostileText, hostileValue } from './hostile.ts'

export type Json = Record<string, unknown>

/** An event, and where it belongs. */
export interface HostileEvent {
  readonly topic: string
  readonly event: Json
}

const byType = (type: string): EventType => {
  const found = eventTypes.find((one) => one.type === type)
  if (found === undefined) throw new Error(`no event type ${type}`)
  return found
}

/** What a call is made of, so that its record is computed with whatever is in it. */
const ofACall = ['call.started', 'call.answered', 'quality.sample', 'quality.sample', 'cdr.rated', 'call.ended'].map(
  byType,
)

let made = 0

/** An event with hostile values in some of its fields, or in fields that it has not. */
function spoil(random: Random, { example, fields, topic }: EventType, prefix: string, atMs: number): HostileEvent {
  let event = example(`${prefix}-${made++}`, new Date(atMs).toISOString())
  for (let count = random.pick([0, 1, 1, 1, 2, 5]); count > 0; count--) {
    const { path, kind } = random.pick(fields)
    // Without its type it is for no schema: that is tried, and not in every other event.
    if (path.at(-1) !== 'type' || random.chance(0.1)) event = withField(event, path, hostileValue(random, kind))
  }
  if (random.chance(0.1)) event = withField(event, [hostileText(random)], hostileValue(random, 'text'))
  if (random.chance(0.1)) event = withField(event, ['tenantid'], hostileText(random))
  return { topic, event }
}

/** Events of one call under one id, which is hostile itself in every other one, or one event of any type. */
export function hostileEvents(random: Random, nowMs: number): readonly HostileEvent[] {
  if (random.chance(0.4)) return [spoil(random, random.pick(eventTypes), 'any', nowMs - random.int(0, 60_000))]
  const id = random.chance(0.5) ? hostileText(random) : `call-${made}`
  const prefix = `h${made}`
  return ofACall.map((type, at) => {
    const { topic, event } = spoil(random, type, prefix, nowMs - 30_000 + 5_000 * at)
    return { topic, event: random.chance(0.9) ? withField(event, ['correlationid'], id) : event }
  })
}

const value = (stringValue: unknown) => ({ stringValue })
const attributesOf = (random: Random) =>
  ['correlation_id', 'call_id', 'session_id', 'tenant_id', 'sip_call_id', 'any', '+49 30 1234567'].map((key) => ({
    key,
    value: value(random.chance(0.5) ? hostileText(random) : key === 'tenant_id' ? 'alpha' : `call-${made++}`),
  }))

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.int(0, 15).toString(16)).join('')

const nanos = (ms: number): string => `${Math.floor(ms)}000000`

/** An OTLP export request in JSON, spoilt in some places. */
export function hostileOtlp(random: Random, signal: 'logs' | 'traces', nowMs: number): Json {
  const resource = { attributes: attributesOf(random) }
  const scope = { name: hostileText(random) }
  const ids = { traceId: hex(random, 32), spanId: hex(random, 16) }
  const records = Array.from({ length: random.int(1, 4) }, () => ({
    ...ids,
    attributes: attributesOf(random),
    ...(signal === 'logs'
      ? { timeUnixNano: nanos(nowMs), severityNumber: 17, severityText: 'ERROR', body: value(hostileText(random)) }
      : {
          ...{ parentSpanId: hex(random, 16), name: hostileText(random), kind: 2, traceState: 'a=b' },
          ...{ startTimeUnixNano: nanos(nowMs - 9_000), endTimeUnixNano: nanos(nowMs) },
          status: { code: 2, message: hostileText(random) },
          events: [{ timeUnixNano: nanos(nowMs), name: 'exception', attributes: attributesOf(random) }],
          links: [ids],
        }),
  }))
  const request =
    signal === 'logs'
      ? { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: records }] }] }
      : { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: records }] }] }
  return spoilAnywhere(random, request)
}

/** A getStats report with hostile values in some of its fields. */
export function hostileGetStats(random: Random, nowMs: number): Json {
  const common = { timestamp: nowMs, kind: 'audio', ssrc: random.int(1, 9_999) }
  const stats = [
    {
      ...{
        ...common,
        id: 'I',
        type: 'inbound-rtp',
        mid: '0',
        transportId: 'T',
        codecId: 'C',
        packetsReceived: 500,
        packetsLost: 2,
      },
      ...{
        packetsDiscarded: 3,
        bytesReceived: 40_000,
        jitter: 0.0035,
        jitterBufferDelay: 12.3,
        jitterBufferEmittedCount: 480,
      },
      ...{ concealedSamples: 960, silentConcealedSamples: 480, totalSamplesReceived: 490_000 },
    },
    { ...common, id: 'O', type: 'outbound-rtp', packetsSent: 510, trackIdentifier: 't' },
    {
      ...common,
      id: 'R',
      type: 'remote-inbound-rtp',
      localId: 'O',
      packetsLost: 10,
      jitter: 0.01,
      roundTripTime: 0.05,
    },
    { id: 'T', type: 'transport', timestamp: nowMs, selectedCandidatePairId: 'P' },
    { id: 'P', type: 'candidate-pair', timestamp: nowMs, currentRoundTripTime: 0.05 },
    { id: 'C', type: 'codec', timestamp: nowMs, mimeType: 'audio/opus' },
  ]
  return spoilAnywhere(random, { correlation_id: `g-${made++}`, leg_id: 'leg', start_id: 'pc', source: 's', stats })
}

/** An announcement, as only this program writes them: also those of an earlier version, or of a broken one. */
export function hostileAnnouncement(random: Random, nowMs: number): string {
  const change = () => ({
    ...{ tenant: 'alpha', id: hostileText(random), minutes: [Math.floor(nowMs / 60_000)], rescore: true },
    ...{ cumulative: true, urgency: 'now', worst: 0 },
  })
  const announcement = { v: 1, changes: [change(), change(), change()] }
  return JSON.stringify(random.chance(0.5) ? spoilAnywhere(random, announcement) : announcement)
}

/** Up to three values anywhere in it are others. */
function spoilAnywhere(random: Random, tree: Json): Json {
  let spoilt = tree
  for (let count = random.int(0, 3); count > 0; count--) {
    const places = leavesOf(spoilt)
    if (places.length === 0) return spoilt
    const { path, isNumber } = random.pick(places)
    spoilt = withField(spoilt, path, hostileValue(random, isNumber ? 'number' : 'text'))
  }
  return spoilt
}

interface Leaf {
  readonly path: readonly string[]
  readonly isNumber: boolean
}

function leavesOf(tree: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof tree !== 'object' || tree === null || path.length > 12)
    return path.length === 0 ? [] : [{ path, isNumber: typeof tree === 'number' }]
  return Object.entries(tree).flatMap(([key, member]) => leavesOf(member, [...path, key]))
}
