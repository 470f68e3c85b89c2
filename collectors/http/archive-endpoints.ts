import { z } from 'zod'
import { parseJson } from './body.ts'
import { bodyAs, type Endpoint, queryOf, wholeNumberIn } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { archivePlan, archiveSummary, archiveVerified, jobReport } from './response-schemas.ts'

const names = { tenant: z.string().min(1).max(100).optional(), topic: z.string().min(1).max(249).optional() }
const moment = z.int().min(0).optional().describe('Log time, epoch milliseconds.')
const filter = z.strictObject({ ...names, sinceMs: moment, untilMs: moment })
const replay = filter.extend({
  rate: z.number().positive().max(10_000_000).optional().describe('Messages per second.'),
})
const queryMoment = wholeNumberIn(0, 99_999_999_999_999).optional().describe('Log time, epoch milliseconds.')
const planQuery = z.strictObject({ ...names, sinceMs: queryMoment, untilMs: queryMoment })
const listQuery = planQuery.extend({ limit: wholeNumberIn(1, 100_000).default(1_000) })

/** The archive of raw messages: it crosses tenants. */
export const createArchiveEndpoints = ({ desk }: HttpParts): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/api/archive',
    access: 'administer',
    summary: 'What is archived, by tenant, day and topic, latest first',
    query: listQuery,
    response: { schema: z.object({ lines: z.array(archiveSummary) }), description: 'Lines.' },
    async handle(asked) {
      const { limit, ...filter } = queryOf(listQuery, asked)
      return { lines: await desk.archive.list(filter, limit) }
    },
  },
  {
    method: 'GET',
    path: '/api/archive/plan',
    access: 'administer',
    summary: 'What a replay from the archive would read, and what must be restored first',
    query: planQuery,
    response: { schema: archivePlan, description: 'The plan.' },
    handle: (asked) => desk.archive.plan(queryOf(planQuery, asked)),
  },
  {
    method: 'POST',
    path: '/api/archive/verify',
    access: 'administer',
    summary: 'Read archived objects and compare them with their checksums',
    request: { types: ['application/json'], schema: filter },
    response: { schema: archiveVerified, description: 'What was read, and what is not as it was written.' },
    bodyLimit: 16_384,
    handle: ({ body }) => desk.archive.verify(bodyAs(filter, parseJson(body))),
  },
  {
    method: 'POST',
    path: '/api/archive/replay',
    access: 'administer',
    summary: 'Put archived messages into the log again',
    description:
      'They are judged as they were when the log first took them. Repeating it changes nothing. Refused while objects must be restored first.',
    request: { types: ['application/json'], schema: replay },
    response: { schema: jobReport, description: 'What went in, and what was refused.' },
    bodyLimit: 16_384,
    handle: ({ body }) => desk.archive.replay(bodyAs(replay, parseJson(body))),
  },
]
