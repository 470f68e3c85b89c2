import { z } from 'zod'
import { cloudEventContext, counter, id, knownIds, milliseconds, name } from './common.ts'

const sipCode = z.int().min(100).max(699)
/** ITU-T Q.850 cause value. */
const q850Cause = z.int().min(1).max(127)

/** Dimensions that any call event may state; the latest statement wins. Tenants' own names. */
const dimensions = {
  carrier: name.optional(),
  gateway: name.optional(),
  route: name.optional(),
  region: name.optional(),
  codec: name.optional(),
  media_node: name.optional(),
} as const

const of = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ ...knownIds, ...dimensions, ...shape })

const attempt = { attempt: counter.optional(), rule: name.optional(), delay_ms: milliseconds.optional() } as const
const objectKey = z.string().min(1).max(1_000)

/** Every call and conference event type and its data. One literal list; additive only. */
export const callEventData = {
  'call.started': of({
    direction: z.enum(['inbound', 'outbound', 'internal']).optional(),
    from: id.optional(),
    to: id.optional(),
    expected_streams: z.enum(['both', 'send_only', 'receive_only', 'none']).optional(),
  }),
  'call.queued': of({ queue: name }),
  'call.dequeued': of({
    queue: name,
    operator_id: id.optional(),
    wait_ms: milliseconds.optional(),
    outcome: z.enum(['answered', 'abandoned', 'overflowed', 'timed_out']).optional(),
  }),
  'call.route_attempted': of(attempt),
  'call.route_failed': of({ ...attempt, sip_code: sipCode.optional() }),
  'call.routed': of(attempt),
  'call.ringing': of({}),
  'call.answered': of({ device: z.enum(['web', 'mobile', 'desktop', 'sip']).optional() }),
  'call.held': of({}),
  'call.resumed': of({}),
  'call.transferred': of({ transfer: z.enum(['blind', 'attended']).optional(), to: id.optional() }),
  'call.leg_added': of({
    device: z.enum(['web', 'mobile', 'desktop', 'sip']).optional(),
    role: z.enum(['caller', 'callee', 'participant']).optional(),
  }),
  'call.leg_ended': of({ sip_code: sipCode.optional() }),
  'call.codec_changed': of({}),
  'call.muted': of({}),
  'call.unmuted': of({}),
  'call.recording_started': of({ object_key: objectKey.optional() }),
  'call.recording_stopped': of({ object_key: objectKey.optional() }),
  'call.recording_failed': of({ object_key: objectKey.optional(), error: name.optional() }),
  'call.ended': of({
    sip_code: sipCode.optional(),
    q850_cause: q850Cause.optional(),
    ended_by: z.enum(['caller', 'callee', 'carrier', 'platform', 'unknown']).optional(),
  }),
  'conference.started': of({}),
  'conference.joined': of({ device: z.enum(['web', 'mobile', 'desktop', 'sip']).optional() }),
  'conference.left': of({}),
  'conference.muted': of({}),
  'conference.unmuted': of({}),
  'conference.ended': of({}),
} as const

export type CallEventType = keyof typeof callEventData

const envelope = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.looseObject({ ...cloudEventContext, type: z.literal(type), correlationid: id, data })

const [first, ...rest] = (Object.keys(callEventData) as CallEventType[]).map((type) =>
  envelope(type, callEventData[type]),
)
if (first === undefined) throw new Error('callEventData is empty')

/** A call or conference event: a CloudEvent on `call-events` or `conf-events`. */
export const callEvent = z.discriminatedUnion('type', [first, ...rest])
export type CallEvent = z.infer<typeof callEvent>
