import { z } from 'zod'
import type { Clock } from '#contracts/clock.ts'
import { parseJson } from './body.ts'
import { Answer, bodyAs, type Endpoint } from './endpoint.ts'
import type { KeyLookups } from './key-lookups.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { keyEntry, madeKey, revokedKey } from './response-schemas.ts'

const dayMs = 86_400_000
const furthestMs = 3_650 * dayMs

/** When a key ends: a date-time, or how long from now ("90d", "12h"). Ten years at most. */
const endOfKey = (clock: Clock) =>
  z.string().transform((text, context): number => {
    const ahead = /^(\d{1,6})(h|d)$/.exec(text)
    const nowMs = clock()
    const atMs = ahead === null ? Date.parse(text) : nowMs + Number(ahead[1]) * (ahead[2] === 'h' ? 3_600_000 : dayMs)
    if (atMs > nowMs && atMs <= nowMs + furthestMs) return atMs
    const message = 'must be a date-time that is to come (2027-01-31T10:00:00Z), or how long from now (12h, 90d)'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

/** API keys: made, listed, and brought to an end. */
export function createKeyEndpoints({ desk, clock }: HttpParts, keys: Pick<KeyLookups, 'forget'>): readonly Endpoint[] {
  const keyBody = z.strictObject({
    tenant: z.string().min(1).max(100),
    role: z.enum(['ingest', 'reader', 'administrator']),
    label: z.string().min(1).max(200),
    expires: endOfKey(clock).optional().describe('A date-time, or how long from now (12h, 90d); default: no end.'),
  })
  return [
    {
      method: 'GET',
      path: '/api/keys',
      access: 'administer',
      summary: 'API keys, without the keys themselves',
      response: { schema: z.object({ keys: z.array(keyEntry) }), description: 'Keys, ended ones too.' },
      handle: async () => ({ keys: await desk.keys.list() }),
    },
    {
      method: 'POST',
      path: '/api/keys',
      access: 'administer',
      summary: 'Make an API key; it is shown once',
      request: { types: ['application/json'], schema: keyBody },
      response: { schema: madeKey, description: 'The key in clear, and its id.' },
      bodyLimit: 16_384,
      async handle({ body }) {
        const { expires, ...asked } = bodyAs(keyBody, parseJson(body))
        const made = await desk.keys.create({ ...asked, expiresMs: expires })
        if (made === undefined) throw new Problem(404, 'tenant: there is no such tenant')
        keys.forget()
        return new Answer(201, made)
      },
    },
    {
      method: 'POST',
      path: '/api/keys/:id/revoke',
      access: 'administer',
      auditTarget: 'id',
      summary: 'End an API key now; on other processes within five seconds',
      response: { schema: revokedKey, description: 'Since when it opens nothing.' },
      bodyLimit: 1_024,
      async handle({ params }) {
        const revoked = await desk.keys.revoke(params.id ?? '')
        if (revoked === undefined) throw new Problem(404, 'there is no such key: GET /api/keys lists their ids')
        keys.forget()
        return revoked
      },
    },
  ]
}
