import { z } from 'zod'
import { jsonSchemaOf, type SignalName, signals } from '#contracts/signals/index.ts'
import { filterOf, filterShape, tenantFor } from './call-query.ts'
import { Answer, type Asked, type Endpoint, queryOf, wholeNumberIn } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { wholeCall } from './record-schemas.ts'
import { callPage } from './response-schemas.ts'
import { withSearch } from './search-endpoints.ts'

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
    ...withSearch({
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
    }),
    ...ofOneCall('', async (asked, id, tenant) => parts.desk.calls.whole(tenantFor(asked.principal, tenant), id), {
      summary: 'One call, whole',
      response: { schema: wholeCall, description: 'The call record, its minutes, logs and spans.' },
    }),
    ...schemaEndpoints,
  ]
}

const ofTenant = {
  tenant: z.string().min(1).max(200).optional().describe('Where the credential is for all tenants: one.'),
}
const inPath = z.strictObject(ofTenant)
const inQuery = z.strictObject({
  id: z.string().min(1).max(300).describe('A correlation id of the call, whatever it is, or trace:<trace id>.'),
  ...ofTenant,
})

/**
 * What is told of one call, by two addresses: one that reads well, and one for every id there may be. A path cannot name a call
 * whose id is "live", "timeline" or "facets", which are lists, nor one that clients take for a folder (".", "..").
 */
export function ofOneCall(
  part: '' | '/samples',
  read: (asked: Asked, id: string, tenant: string | undefined) => Promise<object | undefined>,
  { description = '', ...told }: Pick<Endpoint, 'summary' | 'response' | 'description'>,
): readonly Endpoint[] {
  async function answer(asked: Asked, id: string, tenant: string | undefined): Promise<object> {
    const found = await read(asked, id, tenant)
    if (found === undefined) throw noSuchCall()
    return found
  }
  const named = 'By any correlation id it has, or by trace id as trace:<hex>.'
  return [
    {
      ...{ ...told, method: 'GET', path: `/api/calls/:id${part}`, access: 'read', query: inPath },
      description:
        `${named} A call with the id live, timeline or facets: GET /api/call${part}?id=. ${description}`.trim(),
      handle: (asked) => answer(asked, asked.params.id ?? '', queryOf(inPath, asked).tenant),
    },
    {
      ...{ ...told, method: 'GET', path: `/api/call${part}`, access: 'read', query: inQuery },
      description: `${named} Any id can be named here, also one that a path cannot. ${description}`.trim(),
      handle(asked) {
        const { id, tenant } = queryOf(inQuery, asked)
        return answer(asked, id, tenant)
      },
    },
  ]
}

const noSuchCall = (): Problem =>
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
