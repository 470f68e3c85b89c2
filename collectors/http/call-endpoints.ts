import { z } from 'zod'
import { jsonSchemaOf, type SignalName, signals } from '#contracts/signals/index.ts'
import { filterOf, filterShape, tenantFor } from './call-query.ts'
import { Answer, type Endpoint, queryOf, wholeNumberIn } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { wholeCall } from './record-schemas.ts'
import { callPage } from './response-schemas.ts'

/** What people read about calls, and the schemas that producers send by. */
export function createCallEndpoints(parts: HttpParts): readonly Endpoint[] {
  const { pageDefault, pageMax } = parts.settings
  const query = z.strictObject({
    ...filterShape(parts),
    sort: z
      .enum(['started', 'duration', 'mos'])
      .default('started')
      .describe(
        'duration: of the talk; mos: the worst MOS, each on the scale that stands beside it. What is not known comes last.',
      ),
    order: z.enum(['asc', 'desc']).default('desc'),
    limit: wholeNumberIn(1, pageMax).default(pageDefault),
    cursor: z
      .string()
      .max(1_000)
      .optional()
      .describe('nextCursor of the page before, which had the same sort and order.'),
  })
  return [
    {
      method: 'GET',
      path: '/api/calls',
      access: 'read',
      summary: 'List calls, latest first unless asked otherwise',
      query,
      response: { schema: callPage, description: 'One page of calls.' },
      async handle(asked) {
        const { limit, sort, order, ...rest } = queryOf(query, asked)
        const filter = filterOf(asked.principal, rest)
        // Asked first: what arrives while the list is read is not promised to be in it.
        const until = await parts.completeUntil()
        const page = await parts.desk.calls.list({ ...filter, limit, sort, order })
        return { ...page, completeUntilMs: until(filter.tenant) }
      },
    },
    {
      method: 'GET',
      path: '/api/calls/:id',
      access: 'read',
      summary: 'One call, whole',
      description: 'By any correlation id it has, or by trace id as trace:<hex>.',
      query: oneCall,
      response: { schema: wholeCall, description: 'The call record, its minutes, logs and spans.' },
      async handle(asked) {
        const tenant = tenantFor(asked.principal, queryOf(oneCall, asked).tenant)
        const found = await parts.desk.calls.whole(tenant, asked.params.id ?? '')
        if (found === undefined) throw noSuchCall()
        return found
      },
    },
    ...schemaEndpoints,
  ]
}

/** A call is named by its path; where the credential is for all tenants, one may be named beside it. */
export const oneCall = z.strictObject({ tenant: z.string().min(1).max(200).optional() })

export const noSuchCall = (): Problem =>
  new Problem(404, 'there is no such call: check the id, and whether its tenant is yours')

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
