import type { EpochMs } from '#contracts/call-record.ts'
import type { TopicName } from '#contracts/topics.ts'
import type { MessageEmission } from './emission.ts'
import type { JsonObject } from './message.ts'
import { type CallDraft, mainId } from './plan.ts'
import { hex, type Random } from './random.ts'

/** What the parties of one call do beside talking: their presence, and a few chat messages. Keyed by user and conversation. */
export function activityOf(draft: CallDraft): readonly MessageEmission[] {
  const { answerMs, endMs } = draft.times
  // Calls that nobody's services tell of have no chat either.
  if (!draft.telemetry || answerMs === undefined) return []
  const random = draft.random.fork('activity')
  const events = [...presenceOf(draft, answerMs, endMs), ...chatOf(draft, random, answerMs)]
  return events.sort((a, b) => a.atMs - b.atMs)
}

interface Told {
  readonly topic: TopicName
  readonly key: string
  readonly id: string
  readonly type: string
  readonly atMs: EpochMs
  readonly correlationId?: string | undefined
  readonly data: JsonObject
}

function emissionOf(draft: CallDraft, { topic, key, id, type, atMs, correlationId, data }: Told): MessageEmission {
  const value = {
    ...{ specversion: '1.0', id, source: '/websocket-layer', type, time: new Date(atMs).toISOString() },
    tenantid: draft.tenant.id,
    ...(correlationId === undefined ? {} : { correlationid: correlationId }),
    data,
  }
  return { kind: 'message', topic, key, atMs, value }
}

/** Whoever talks through an app is "in call" meanwhile. */
function presenceOf(draft: CallDraft, answerMs: EpochMs, endMs: EpochMs): readonly MessageEmission[] {
  const users = draft.legs.filter(({ trunk }) => !trunk)
  return users.flatMap(({ accountId, legId }) =>
    [
      { status: 'in_call', atMs: answerMs },
      { status: 'online', atMs: endMs },
    ].map(({ status, atMs }) =>
      emissionOf(draft, {
        ...{ topic: 'presence-events', key: accountId, type: 'presence.changed', atMs },
        id: `presence-${mainId(draft)}-${legId}-${status}`,
        data: { user_id: accountId, status },
      }),
    ),
  )
}

/** A message or two while they talk. Most are delivered within a second, some are read, a few never arrive. */
function chatOf(draft: CallDraft, random: Random, answerMs: EpochMs): readonly MessageEmission[] {
  if (!random.chance(0.5)) return []
  const conversation = `conv-${hex(random, 12)}`
  const named = random.chance(0.5) ? mainId(draft) : undefined
  const events: MessageEmission[] = []

  for (let number = random.int(1, 3); number > 0; number--) {
    const messageId = `msg-${hex(random, 12)}`
    const ids = { conversation_id: conversation, message_id: messageId }
    const tell = (type: string, atMs: EpochMs, more: JsonObject): void => {
      const place = { topic: 'chat-events' as const, key: conversation, id: `${messageId}-${type}`, type, atMs }
      events.push(emissionOf(draft, { ...place, correlationId: named, data: { ...ids, ...more } }))
    }
    const sentMs = answerMs + random.int(500, 15_000)
    tell('chat.sent', sentMs, { size_bytes: random.int(8, 400) })
    if (random.chance(0.03)) continue
    const deliveryMs = random.int(40, 900)
    tell('chat.delivered', sentMs + deliveryMs, random.chance(0.7) ? { delay_ms: deliveryMs } : {})
    if (random.chance(0.6)) tell('chat.read', sentMs + deliveryMs + random.int(800, 8_000), {})
  }
  return events
}
