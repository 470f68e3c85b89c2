import { z } from 'zod'
import { jsonSchemaOf, type SignalName, signals } from '#contracts/signals/index.ts'
import type { CallFilter } from '#contracts/warehouse.ts'
import type { Principal } from './credentials.ts'
import { Answer, type Endpoint, pointInTime, queryOf } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { callPage, wholeCall } from './response-schemas.ts'

const short = z.string().min(1).max(200)

/** What people read about calls, and the schemas that producers send by. */
export function createCallEndpoints(parts: HttpParts): readonly Endpoint[] {
  const { pageDefault, pageMax } = parts.settings
  const query = z.strictObject({
    tenant: short.optional().describe('Administrators only: one tenant instead of all.'),
    since: pointInTime(parts.clock)
      .optional()
      .describe('Started at or after: a date-time, or how long ago (90m, 24h, 7d).'),
    until: pointInTime(parts.clock).optional().describe('Started before.'),
    class: z.enum(['good', 'degraded', 'poor', 'unclassified']).optional(),
    state: z.enum(['open', 'settling', 'settled']).optional(),
    carrier: short.optional(),
    id: short.optional().describe('A correlation id of the call.'),
    limit: z.coerce.number().int().min(1).max(pageMax).default(pageDefault),
    cursor: z.string().max(1_000).optional().describe('nextCursor of the page before.'),
  })
  const one = z.strictObject({ tenant: short.optional() })
  return [
    {
      method: 'GET',
      path: '/api/calls',
      access: 'read',
      summary: 'List calls, latest first',
      query,
      response: { schema: callPage, description: 'One page of calls.' },
      handle(asked) {
        const { since, until, tenant, ...rest } = queryOf(query, asked)
        const own = tenantFor(asked.principal, tenant)
        const filter = { ...rest, tenant: own, sinceMs: since, untilMs: until }
        return parts.desk.calls.list(
          Object.fromEntries(
            Object.entries(filter).filter(([, value]) => value !== undefined),
          ) as unknown as CallFilter,
        )
      },
    },
    {
      method: 'GET',
      path: '/api/calls/:id',
      access: 'read',
      summary: 'One call, whole',
      description: 'By any correlation id it has, or by trace id as trace:<hex>.',
      query: one,
      response: { schema: wholeCall, description: 'The call record, its minutes, logs and spans.' },
      async handle(asked) {
        const tenant = tenantFor(asked.principal, queryOf(one, asked).tenant)
        const found = await parts.desk.calls.whole(tenant, asked.params.id ?? '')
        if (found === undefined)
          throw new Problem(404, 'there is no such call: check the id, and whether its tenant is yours')
        return found
      },
    },
    ...schemaEndpoints,
  ]
}

const schemaEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/schemas',
    access: 'open',
    summary: 'Names of the published schemas',
    handle: () => ({ schemas: Object.keys(signals) }),
  },
  {
    method: 'GET',
    path: '/api/schemas/:signal',
    access: 'open',
    summary: 'JSON Schema of a signal',
    handle({ params }) {
      if (!Object.hasOwn(signals, params.signal ?? ''))
        throw new Problem(404, 'no such schema: GET /api/schemas lists them')
      return new Answer(200, JSON.stringify(jsonSchemaOf(params.signal as SignalName)), 'application/schema+json')
    },
  },
]

/** Readers see their own tenant, whatever they ask for; an administrator may name any, or none for all. */
function tenantFor({ role, tenant }: Principal, asked: string | undefined): string | undefined {
  if (tenant === undefined) return asked
  if (asked !== undefined && asked !== tenant) {
    throw new Problem(
      403,
      `tenant: differs from the credential's${role === 'administrator' ? ' (without a credential, only the default tenant can be read)' : ''}`,
    )
  }
  return tenant
}
