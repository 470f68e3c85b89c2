import { z } from 'zod'
import { signals } from '#contracts/signals/index.ts'
import { bodyOf, type LineMessage } from './message.ts'

/** Reading messages back the slow and simple way, for tests: nothing here knows the plan. */

const text = z.string().min(1)
const attribute = z.object({ key: text, value: z.record(z.string(), z.unknown()) })
const nanos = z.string().regex(/^\d{19}$/)
const resource = z.object({ attributes: z.array(attribute).min(1) })
const scope = z.object({ name: text, version: text })

const logRecord = z.strictObject({
  timeUnixNano: nanos,
  observedTimeUnixNano: nanos,
  severityNumber: z.int().min(1).max(24),
  severityText: text,
  body: z.object({ stringValue: text }),
  attributes: z.array(attribute),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  spanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
})

const span = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  name: text,
  kind: z.int().min(0).max(5),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes: z.array(attribute),
  status: z.object({ code: z.int().optional(), message: z.string().optional() }),
})

/** OTLP/JSON export requests (opentelemetry-proto, logs.proto and trace.proto), as far as we send them. */
const otlp = {
  'app-logs': z.strictObject({
    resourceLogs: z.array(
      z.object({ resource, scopeLogs: z.array(z.object({ scope, logRecords: z.array(logRecord) })) }),
    ),
  }),
  'trace-spans': z.strictObject({
    resourceSpans: z.array(z.object({ resource, scopeSpans: z.array(z.object({ scope, spans: z.array(span) })) })),
  }),
} as const

const schemas = new Map<string, z.ZodType>([
  ...Object.values(signals).flatMap(({ topics, schema }) =>
    topics.map((topic): [string, z.ZodType] => [topic, schema]),
  ),
  ...Object.entries(otlp),
])

/** What is wrong with a message, in words; empty when it is valid. */
export function validate(message: LineMessage): readonly string[] {
  const schema = schemas.get(message.topic)
  if (schema === undefined) return [`no schema for topic ${message.topic}`]
  const parsed = schema.safeParse(parse(bodyOf(message)))
  return parsed.success ? [] : [`${message.topic}: ${z.prettifyError(parsed.error)}`]
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** A sample as a consumer sees it. */
export interface SeenSample {
  /** What docs/architecture.md, promise 1 makes one sample of. */
  readonly identity: string
  readonly body: string
  readonly correlationId: string
  readonly stream: string
  readonly atMs: number
  readonly data: z.infer<(typeof signals)['quality-sample']['schema']>['data']
}

export function readSamples(messages: readonly LineMessage[]): readonly SeenSample[] {
  return messages.flatMap((message) => {
    const body = bodyOf(message)
    const parsed =
      message.topic === 'quality-samples' ? signals['quality-sample'].schema.safeParse(parse(body)) : undefined
    if (parsed?.success !== true) return []
    const { tenantid, correlationid, time, data } = parsed.data
    const stream = [correlationid, data.leg_id, data.kind, data.direction, data.observer].join(' ')
    const identity = [tenantid, stream, time, data.sequence].join(' ')
    return [{ identity, body, correlationId: correlationid, stream, atMs: Date.parse(time), data }]
  })
}

/** The first delivery of each identity. */
export const firstOfEach = (samples: readonly SeenSample[]): readonly SeenSample[] => [
  ...new Map([...samples].reverse().map((sample) => [sample.identity, sample])).values(),
]

export interface NaiveSums {
  samples: number
  received: number
  lost: number
  discarded: number
  measuredMs: number
}

/**
 * One stream's samples as intervals, in order of their ends: counters differenced as docs/architecture.md, promise 2 says, what has no
 * base left out, and whole-call reports only where nothing finer exists.
 */
export function differenced(stream: readonly SeenSample[]): readonly SeenSample[] {
  const inOrder = [...stream].sort((a, b) => a.atMs - b.atMs)
  const finer = inOrder.filter(({ data }) => data.scope !== 'call')
  return (finer.length > 0 ? finer : inOrder).flatMap((sample, at) => {
    if (sample.data.scope !== 'cumulative') return [sample]
    const base = finer[at - 1]
    return base === undefined || !continues(base, sample) ? [] : [since(base, sample)]
  })
}

function since(base: SeenSample, sample: SeenSample): SeenSample {
  const minus = (name: CounterName): number | undefined => {
    const value = sample.data[name]
    return value === undefined ? undefined : value - (base.data[name] ?? 0)
  }
  const counted = Object.fromEntries(counterNames.map((name) => [name, minus(name)]))
  return { ...sample, data: { ...sample.data, ...counted, interval_ms: sample.atMs - base.atMs } }
}

const counterNames = [
  'packets_received',
  'packets_lost',
  'packets_discarded',
  'concealed_samples',
  'silent_concealed_samples',
  'samples_received',
  'frames_decoded',
] as const
type CounterName = (typeof counterNames)[number]

/** One stream's samples added up. */
export function sumUp(stream: readonly SeenSample[]): NaiveSums {
  const sums: NaiveSums = { samples: stream.length, received: 0, lost: 0, discarded: 0, measuredMs: 0 }
  for (const { data } of differenced(stream)) {
    sums.received += data.packets_received ?? 0
    sums.lost += data.packets_lost ?? 0
    sums.discarded += data.packets_discarded ?? 0
    sums.measuredMs += data.interval_ms ?? 0
  }
  return sums
}

function continues(base: SeenSample, sample: SeenSample): boolean {
  const sameEpoch = base.data.ssrc === sample.data.ssrc && base.data.start_id === sample.data.start_id
  const fell = (sample.data.packets_received ?? 0) < (base.data.packets_received ?? 0)
  return sameEpoch && !fell && sample.atMs - base.atMs <= 60_000
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
