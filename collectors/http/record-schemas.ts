import { z } from 'zod'
import type { CallRecord } from '#contracts/call-record.ts'
import { unavailableReasons } from '#contracts/call-telemetry.ts'
import type { WholeCall } from '#contracts/warehouse.ts'

const ms = z.int().describe('Epoch milliseconds.')
const text = z.string().optional()
const number = z.number().optional()
const texts = z.array(z.string())
const attributes = z.record(z.string(), z.unknown())
const callClass = z.enum(['good', 'degraded', 'poor', 'unclassified'])
const severity = z.enum(['degraded', 'poor'])
const scope = z.enum(['interval', 'cumulative', 'call'])

const mos = z.object({
  value: z.number(),
  kind: z.enum(['listening', 'conversational']),
  band: z.enum(['N', 'W', 'F']),
  source: z.enum(['computed', 'reported']),
  name: z.string().describe('P.800.1 name, like MOS-CQEN.'),
  codecRow: z.string(),
  grounded: z.boolean(),
  extrapolated: z.boolean(),
  min: z.number(),
  max: z.number(),
  seconds: z.number(),
})

const reason = z.object({
  measure: z.enum(['loss', 'jitter', 'round_trip', 'concealment', 'mos']),
  severity,
  stream: z.string(),
  direction: z.string(),
  share: z.number().describe('Of measured time, 0..1.'),
  badMs: z.number(),
  longestMs: z.number(),
  value: number.describe('Mean of the measure in its own unit: ratio, ms, MOS.'),
  text: z.string(),
})

const finding = z.object({
  type: z.string().describe('like one_way_audio'),
  severity: z.enum(['degraded', 'poor', 'none']),
  stream: text,
  fromMs: ms.optional(),
  toMs: ms.optional(),
  text: z.string(),
})

const verdict = z.object({
  class: callClass,
  unclassified: text,
  reasons: z.array(reason),
  findings: z.array(finding),
  fault: z
    .object({ domain: z.string(), confidence: z.number().describe('0..1'), because: texts })
    .optional()
    .describe('Whose side. Absent for a good or unclassified call.'),
})

const stream = z.object({
  ...{ key: z.string(), legId: z.string(), streamId: z.string(), label: z.string(), observer: z.string() },
  source: z.string().describe('CloudEvents source of the samples; empty where it was not kept.'),
  kind: z.enum(['audio', 'video']),
  direction: z.enum(['send', 'receive']),
  chosen: z.boolean().describe('The one view of the stream that counts for talk time.'),
  class: callClass,
  scope,
  ...{ fromMs: ms, toMs: ms, measuredMs: z.number(), degradedMs: z.number(), poorMs: z.number() },
  longestPoorMs: z.number(),
  ...{ lossRatio: number, discardRatio: number, concealedRatio: number },
  ...{ jitterMs: number, jitterMaxMs: number, roundTripMs: number, roundTripMaxMs: number, oneWayDelayMs: number },
  ...{ packetsReceived: number, packetsLost: number, packetsDiscarded: number, packetsSent: number },
  codecs: texts,
  mos: z.array(mos),
  video: z
    .object({
      ...{ framesDecoded: number, framesDropped: number, freezeCount: number, freezesMs: number },
      ...{ width: number, height: number },
    })
    .optional(),
})

const leg = z.object({
  legId: z.string(),
  role: z.enum(['caller', 'callee', 'participant']).optional(),
  device: text,
  addedMs: ms.optional(),
  endedMs: ms.optional(),
})

const event = z.object({
  ...{ correlationId: z.string(), source: z.string(), id: z.string(), atMs: ms, type: z.string() },
  data: z.record(z.string(), z.unknown()).describe("The event's data, as sent."),
})

const evidence = z.object({
  ...{ subject: z.string(), kind: z.enum(['log', 'span']), id: z.string(), atMs: ms, severity: z.number() },
  reason: z.enum(['log_warning', 'log_error', 'span_failed', 'span_slow']),
  ...{ service: z.string(), name: z.string(), detail: z.string(), durationMs: z.number() },
  ...{ traceId: z.string(), spanId: z.string() },
})

const callRecord = z.object({
  ...{ tenant: z.string(), id: z.string(), correlationIds: texts, traceIds: texts },
  ids: z.record(z.string(), texts).describe('Other ids, by kind.'),
  state: z.enum(['open', 'settling', 'settled']),
  ...{ startedMs: ms, answeredMs: ms.optional(), endedMs: ms.optional() },
  endedBecause: z.enum(['event', 'cdr', 'silence']).optional(),
  endedBy: text,
  disposition: z.enum(['answered', 'not_answered', 'unknown']),
  conference: z.boolean(),
  ...{ direction: text, from: text, to: text, carrier: text, gateway: text, route: text, region: text, codec: text },
  ...{ mediaNode: text, sipCode: number, q850Cause: number, setupMs: number, talkMs: number },
  ...{ legs: z.array(leg), streams: z.array(stream), worstMos: mos.optional(), verdict },
  cdr: z.object({ durationSeconds: number, billedSeconds: number }).optional(),
  ...{ evidenceCount: z.int(), eventCount: z.int(), events: z.array(event), evidence: z.array(evidence) },
  ...{ formulaVersion: z.string(), profileVersion: z.string() },
})

const minutePoint = z.object({
  ...{ stream: z.string(), observer: z.string(), source: z.string(), scope, minuteMs: ms, measuredMs: z.number() },
  ...{ lossRatio: number, jitterMs: number, roundTripMs: number, concealedRatio: number },
  ...{ mos: number, mosName: text, grounded: z.boolean().optional() },
})

const nanos = z.string().describe('Nanoseconds since the epoch, decimal.')

const logLine = z.object({
  ...{ tenant: z.string(), timeUnixNano: nanos, severityNumber: z.int(), severityText: z.string() },
  ...{ traceId: z.string(), spanId: z.string(), serviceName: z.string(), body: z.string() },
  ...{ resource: attributes, scopeName: z.string(), attributes },
})

const span = z.object({
  ...{ tenant: z.string(), traceId: z.string(), spanId: z.string(), parentSpanId: z.string(), traceState: z.string() },
  ...{ name: z.string(), kind: z.int(), serviceName: z.string(), resource: attributes, scopeName: z.string() },
  ...{ attributes, startTimeUnixNano: nanos, endTimeUnixNano: nanos, statusMessage: z.string() },
  statusCode: z.int().describe('0 unset, 1 ok, 2 error'),
  events: z.array(z.object({ timeUnixNano: nanos, name: z.string(), attributes })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
})

const availability = z.enum(['ok', 'unavailable'])
const unavailableWhy = z.enum(unavailableReasons)
const telemetryState = z
  .object({
    ...{ logs: availability, spans: availability },
    ...{ logsWhy: unavailableWhy.optional(), spansWhy: unavailableWhy.optional() },
  })
  .describe(
    'Whether logs and spans could be read from where they are kept. Where not, those shown may be none or not all.',
  )

export const wholeCall = z.object({
  record: callRecord,
  asOfMs: ms.describe('Watermark that the record was judged at.'),
  version: z.int(),
  minutes: z.array(minutePoint),
  logs: z.array(logLine),
  spans: z.array(span),
  activity: z.array(event).describe('Chat and presence that name the call. No part of its record.'),
  telemetry: telemetryState,
})

/** Without `readonly`, which the document has no word for. */
type Plain<Value> = Value extends readonly (infer Item)[]
  ? Plain<Item>[]
  : Value extends object
    ? { -readonly [Key in keyof Value]: Plain<Value[Key]> }
    : Value

// Compile errors here mean that the contract moved and this document did not.
export const recordMatches = (record: Plain<CallRecord>): z.input<typeof callRecord> => record
export const wholeMatches = (whole: Plain<WholeCall>): z.input<typeof wholeCall> => whole
