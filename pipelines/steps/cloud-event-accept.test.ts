import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { auditEvent } from '#contracts/signals/audit-events.ts'
import { callEvent } from '#contracts/signals/call-events.ts'
import { cdrEvent } from '#contracts/signals/cdr-events.ts'
import { qualitySample } from '#contracts/signals/quality-sample.ts'
import { acceptOf } from './cloud-event-accept.ts'

const schemas: readonly z.ZodType[] = [qualitySample, ...callEvent.options, ...cdrEvent.options, ...auditEvent.options]

describe('every signal', () => {
  test('has a quick yes: no schema of ours is left to Zod alone', () => {
    expect(schemas.filter((schema) => acceptOf(schema) === undefined)).toEqual([])
  })

  test('what the quick yes accepts, Zod accepts, and with the same result', () => {
    const value = fc.oneof(
      fc.constantFrom(...awkward),
      fc.integer(),
      fc.double(),
      fc.string({ maxLength: 4 }),
      fc.constantFrom('1.0', 'receive', 'sbc', 'video', 'interval', 'cumulative', 'cpu', '0.0125', 'EUR'),
      fc.constantFrom('2026-03-01T10:00:05Z', '2026-03-01T10:00:04.9Z', '2026-03-01T11:00:05+02:00'),
    )
    const data = fc.dictionary(fc.constantFrom(...dataKeys), value, { maxKeys: 6 })
    const change = fc.dictionary(fc.constantFrom(...envelopeKeys), value, { maxKeys: 2 })
    let accepted = 0
    fc.assert(
      fc.property(fc.constantFrom(...schemas), data, change, (schema, extra, envelope) => {
        const event: unknown = { ...soundEvent(schema), ...envelope }
        Object.assign((event as { data: object }).data ?? {}, extra)
        const judged = schema.safeParse(structuredClone(event))
        const yes = acceptOf(schema)?.(event) === true
        if (yes) accepted++
        if (yes) expect(judged).toEqual({ success: true, data: event })
      }),
      { numRuns: 3_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  test('a sound event gets the quick yes', () => {
    for (const schema of schemas)
      expect([typeOf(schema), acceptOf(schema)?.(soundEvent(schema))]).toEqual([typeOf(schema), true])
  })
})

test.each([
  ['a refinement', z.string().refine((text) => text !== 'no')],
  ['a transformation', z.string().trim()],
  ['an object with a refinement', z.strictObject({ a: z.string() }).refine(() => false)],
  ['coercion', z.coerce.number()],
  ['a format with a check of its own', z.url()],
  ['a pattern that remembers where it stopped', z.string().regex(/a/g)],
  ['a union', z.union([z.string(), z.number()])],
])('%s is left to Zod', (_what, schema) => {
  expect(acceptOf(schema)).toBeUndefined()
})

const awkward = [
  null,
  true,
  [],
  {},
  '',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  2 ** 53,
  1.5,
  'a\u0000b',
  'x'.repeat(201),
]
const dataKeys = [
  ...['observer', 'direction', 'kind', 'scope', 'interval_ms', 'packets_lost', 'jitter_ms', 'limitation', 'muted'],
  ...[
    'codec',
    'call_id',
    'amount',
    'obligations',
    'sip_code',
    'started_at',
    'ended_at',
    'unknown',
    '__proto__',
    'constructor',
  ],
]
const envelopeKeys = [
  'id',
  'time',
  'specversion',
  'tenantid',
  'traceparent',
  'correlationid',
  'extension',
  '__proto__',
  'data',
]

const typeOf = (schema: z.ZodType): string => {
  const shape = (schema as z.ZodObject).shape as Record<string, z.ZodLiteral<string>>
  return [...(shape.type?.values ?? [])].join()
}

/** The least that every schema asks for. */
function soundEvent(schema: z.ZodType): Record<string, unknown> {
  const type = typeOf(schema)
  const data: Record<string, unknown> = {}
  const wanted = ((schema as z.ZodObject).shape as Record<string, z.ZodObject>).data?.shape ?? {}
  for (const [key, value] of Object.entries(least)) {
    if (wanted[key]?.safeParse(undefined).success === false) data[key] = value
  }
  return { specversion: '1.0', id: 'e', source: 's', time: '2026-03-01T10:00:05+02:00', type, correlationid: 'c', data }
}
const least = {
  ...{ observer: 'sbc', direction: 'send', queue: 'q', billed_seconds: 3, amount: '0.10', currency: 'EUR' },
  ...{ actor_id: 'u', object_key: 'k', resource: 'r', action: 'read', setting: 's' },
}
