import { z } from 'zod'
import { cloudEventContext, counter, id, knownIds, milliseconds } from './common.ts'

const chat = { ...knownIds, conversation_id: id, message_id: id.optional(), size_bytes: counter.optional() } as const

/** Chat and presence: rates and delivery delay. Never message text. */
export const activityEventData = {
  'chat.sent': z.strictObject(chat),
  'chat.delivered': z.strictObject({ ...chat, delay_ms: milliseconds.optional() }),
  'chat.read': z.strictObject({ ...chat, delay_ms: milliseconds.optional() }),
  'chat.typing': z.strictObject(chat),
  'presence.changed': z.strictObject({
    ...knownIds,
    user_id: id,
    status: z.enum(['online', 'away', 'busy', 'in_call', 'offline']),
  }),
  'presence.subscribed': z.strictObject({ ...knownIds, user_id: id, target_id: id.optional() }),
} as const
type ActivityType = keyof typeof activityEventData

const [first, ...rest] = (Object.keys(activityEventData) as ActivityType[]).map((type) =>
  z.looseObject({
    ...cloudEventContext,
    type: z.literal(type),
    correlationid: id.optional(),
    data: activityEventData[type],
  }),
)
if (first === undefined) throw new Error('activityEventData is empty')

/** A CloudEvent on `chat-events` (keyed by conversation) or `presence-events` (keyed by user). */
export const activityEvent = z.discriminatedUnion('type', [first, ...rest])
export type ActivityEvent = z.infer<typeof activityEvent>
