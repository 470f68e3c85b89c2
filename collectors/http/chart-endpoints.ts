import { z } from 'zod'
import type { TenantScope } from '#contracts/warehouse.ts'
import { ofOneCall } from './call-endpoints.ts'
import { filterOf, filterShape, tenantFor } from './call-query.ts'
import { callSamples, facetList, nowFigures, timelineOf } from './chart-schemas.ts'
import { type Asked, type Endpoint, queryOf, wholeNumberIn } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { withSearch } from './search-endpoints.ts'
import { createSharedAnswers, type SharedAnswers } from './shared-answers.ts'

const dayMs = 86_400_000
const minuteMs = 60_000

/** What people see drawn about calls. */
export function createChartEndpoints(parts: HttpParts): readonly Endpoint[] {
  const answers = createSharedAnswers(parts.clock)
  return [
    ...withSearch(timelineEndpoint(parts, answers)),
    facetsEndpoint(parts, answers),
    nowEndpoint(parts, answers),
    ...samplesEndpoints(parts, answers),
  ]
}

/** Whose chart it is, and what was asked, as it was written: "24h" is another time at every moment, and the same chart. */
const keyOf = (chart: string, tenant: TenantScope, { query }: Asked): readonly unknown[] => [
  ...[chart, tenant ?? null],
  Object.entries(query as object).toSorted(([a], [b]) => (a < b ? -1 : 1)),
]

function timelineEndpoint(parts: HttpParts, answers: SharedAnswers): Endpoint {
  const query = z.strictObject({
    ...filterShape(parts),
    buckets: wholeNumberIn(1, 500).default(120),
  })
  return {
    method: 'GET',
    path: '/api/calls/timeline',
    access: 'read',
    summary: 'Calls over time by class',
    description: 'Without since: the day before until, or before now.',
    query,
    response: { schema: timelineOf, description: 'Every bucket of the time, also those without calls.' },
    handle(asked) {
      const { buckets, ...rest } = queryOf(query, asked)
      const { untilMs = parts.clock(), sinceMs = untilMs - dayMs, ...filter } = filterOf(asked.principal, rest)
      if (untilMs <= sinceMs) throw untilBeforeSince()
      return answers.shared(keyOf('timeline', filter.tenant, asked), async () => {
        const timeline = await parts.charts.timeline({ ...filter, sinceMs, untilMs, buckets })
        return { ...timeline, completeUntilMs: (await parts.completeUntil())(filter.tenant) }
      })
    },
  }
}

const untilBeforeSince = (): Problem =>
  new Problem(400, 'the query string is not valid', { errors: [{ field: 'until', fix: 'must be later than since' }] })

function facetsEndpoint(parts: HttpParts, answers: SharedAnswers): Endpoint {
  const { tenant, since, until } = filterShape(parts)
  const query = z.strictObject({ tenant, since, until })
  return {
    method: 'GET',
    path: '/api/calls/facets',
    access: 'read',
    summary: 'What calls of a time can be filtered by',
    query,
    response: { schema: facetList, description: 'Values, those of most calls first, at most 100 of each facet.' },
    handle(asked) {
      const filter = filterOf(asked.principal, queryOf(query, asked))
      return answers.shared(keyOf('facets', filter.tenant, asked), () => parts.charts.facets(filter))
    },
  }
}

function nowEndpoint(parts: HttpParts, answers: SharedAnswers): Endpoint {
  const query = z.strictObject({
    tenant: filterShape(parts).tenant,
    minutes: wholeNumberIn(5, 360).default(60).describe('Length of the window before now.'),
  })
  return {
    method: 'GET',
    path: '/api/now',
    access: 'read',
    summary: 'What holds now, and how the talk of the last minutes sounded',
    query,
    response: { schema: nowFigures, description: 'Figures with their counts, and what was left out of them.' },
    handle(asked) {
      const { tenant, minutes } = queryOf(query, asked)
      const own = tenantFor(asked.principal, tenant)
      return answers.shared(keyOf('now', own, asked), () => readNow(parts, own, minutes * minuteMs))
    },
  }
}

async function readNow({ charts, clock, completeUntil }: HttpParts, tenant: TenantScope, lengthMs: number) {
  const nowMs = clock()
  const [figures, until] = await Promise.all([
    charts.now(tenant, { fromMs: nowMs - lengthMs, untilMs: nowMs }),
    completeUntil(),
  ])
  return { nowMs, ...figures, completeUntilMs: until(tenant) }
}

const samplesEndpoints = ({ charts }: HttpParts, answers: SharedAnswers): readonly Endpoint[] =>
  ofOneCall(
    '/samples',
    (asked, id, tenant) => answers.inLine(() => charts.samples(tenantFor(asked.principal, tenant), id)),
    {
      summary: "Every interval of a call's streams, as scored",
      description: 'Columns of one length per stream and observer. Unknown is null, never 0.',
      response: { schema: callSamples, description: 'Streams, and the thresholds that the call was judged by.' },
    },
  )
