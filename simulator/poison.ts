import type { EpochMs } from '#contracts/call-record.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import type { MessageEmission } from './emission.ts'
import type { Json, JsonObject, SimulatedMessage } from './message.ts'
import type { Random } from './random.ts'

export interface PoisonerOptions {
  readonly random: Random
  /** Chance that a message is followed by a malformed one. */
  readonly share: number
}

/** Sprinkles malformed messages in, made from good ones. Each must end as one dead letter; none is sent twice. */
export interface Poisoner {
  spoil(emission: MessageEmission, dueMs: EpochMs): readonly SimulatedMessage[]
  planted(): Readonly<Partial<Record<ParkReason, number>>>
}

interface Poison {
  readonly reason: ParkReason
  readonly make: (value: JsonObject) => JsonObject | string
}

const dataOf = (value: JsonObject): JsonObject => {
  const { data } = value
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as JsonObject) : {}
}
const withData = (value: JsonObject, change: { readonly [key: string]: Json }): JsonObject => ({
  ...value,
  data: { ...dataOf(value), ...change },
})

/** Ways in which producers spoil a message. One literal list. */
const poisons: readonly Poison[] = [
  { reason: 'malformed_json', make: (value) => JSON.stringify(value).slice(0, -7) },
  { reason: 'malformed_json', make: (value) => JSON.stringify(value).replace('"data":{', '"data":{"value":NaN,') },
  { reason: 'invalid_schema', make: ({ time, ...value }) => value },
  { reason: 'invalid_schema', make: (value) => ({ ...value, data: [1, 2, 3] }) },
  { reason: 'invalid_schema', make: (value) => ({ ...value, specversion: '0.3' }) },
  { reason: 'invalid_schema', make: (value) => withData(value, { call_id: -1 }) },
  { reason: 'invalid_schema', make: (value) => withData(value, { leg_id: '' }) },
  { reason: 'unknown_type', make: (value) => ({ ...value, type: 'call.teleported' }) },
  { reason: 'unknown_tenant', make: (value) => ({ ...value, tenantid: 'nobody-we-know' }) },
  { reason: 'too_old', make: (value) => ({ ...value, time: '1970-01-01T00:00:01.000Z' }) },
]

/** Read by one pipeline each, so that one bad message is one dead letter. */
const spoilableTopics: ReadonlySet<string> = new Set(['call-events', 'conf-events', 'cdr-events', 'quality-samples'])

const besideCalls: ReadonlySet<string> = new Set(['chat-events', 'presence-events'])

export function createPoisoner({ random, share }: PoisonerOptions): Poisoner {
  const planted: Partial<Record<ParkReason, number>> = {}
  let count = 0
  return {
    spoil(emission, dueMs) {
      // Without a draw: what is told beside calls must not decide which messages of calls are spoilt.
      if (besideCalls.has(emission.topic)) return []
      if (!random.chance(share) || !spoilableTopics.has(emission.topic)) return []
      const { reason, make } = random.pick(poisons)
      planted[reason] = (planted[reason] ?? 0) + 1
      count++
      const value = make({ ...emission.value, id: `spoilt-${count}` })
      return [{ topic: emission.topic, key: emission.key, headers: {}, value, atMs: emission.atMs, dueMs }]
    },
    planted: () => ({ ...planted }),
  }
}
