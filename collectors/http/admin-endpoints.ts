import { z } from 'zod'
import { parseJson } from './body.ts'
import { Answer, type Asked, bodyAs, type Endpoint, numberIn, queryOf, wholeNumberIn } from './endpoint.ts'
import { limited } from './limited-stream.ts'
import type { HttpParts, Upload } from './ports.ts'
import { Problem } from './problem.ts'
import { deadLetter, jobReport, run, shownLetter, sqlResult } from './response-schemas.ts'
import { shapeOfSql } from './sql-shape.ts'

const limit = wholeNumberIn(1, 1_000).default(50)
const letterPage = z.strictObject({ limit, cursor: z.string().max(200).optional() })
const runQuery = z.strictObject({ limit })
const uploadName = z.string().min(1).max(300)
const importQuery = z.strictObject({ name: uploadName, tenant: z.string().min(1).max(100).optional() })
const replayQuery = z.strictObject({
  name: uploadName,
  rate: numberIn(0.001, 10_000_000).optional().describe('Messages per second.'),
  repeat: wholeNumberIn(1, 1_000).optional(),
  tenants: z
    .string()
    .regex(/^[A-Za-z0-9._,-]{1,2000}$/)
    .transform((text) => text.split(','))
    .optional()
    .describe('Tenants to add first, with commas between.'),
})
const sqlBody = z.strictObject({ query: z.string().min(1).max(100_000).describe('One SELECT.') })

/** What only the holder of the administrator token may do: it crosses tenants, or writes. */
export const createAdminEndpoints = (parts: HttpParts): readonly Endpoint[] => [
  ...lookEndpoints(parts),
  ...actEndpoints(parts),
]

const lookEndpoints = ({ desk }: HttpParts): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/api/runs',
    access: 'administer',
    summary: 'Imports, replays and recomputes, latest first',
    query: runQuery,
    response: { schema: z.object({ runs: z.array(run) }), description: 'Runs.' },
    handle: async (asked) => ({ runs: await desk.runs.list(queryOf(runQuery, asked).limit) }),
  },
  {
    method: 'GET',
    path: '/api/dead-letters',
    access: 'administer',
    summary: 'Messages that were refused for good, latest first',
    query: letterPage,
    response: {
      schema: z.object({ letters: z.array(deadLetter), nextCursor: z.string().optional() }),
      description: 'One page, without bodies.',
    },
    handle(asked) {
      const { limit, cursor } = queryOf(letterPage, asked)
      return desk.deadLetters.list(cursor === undefined ? { limit } : { limit, cursor })
    },
  },
  {
    method: 'GET',
    path: '/api/dead-letters/:id',
    access: 'administer',
    auditTarget: 'id',
    summary: 'One refused message with its body',
    response: { schema: shownLetter, description: 'The message.' },
    async handle({ params }) {
      const letter = await desk.deadLetters.show(params.id ?? '')
      if (letter === undefined) throw new Problem(404, 'there is no such dead letter')
      return letter
    },
  },
  {
    method: 'POST',
    path: '/api/sql',
    access: 'administer',
    summary: 'One guarded SELECT on the warehouse',
    request: { types: ['application/json'], schema: sqlBody },
    response: { schema: sqlResult, description: 'Columns and rows.' },
    bodyLimit: 262_144,
    auditDetail: ({ body }) => shapeOfSql(bodyAs(sqlBody, parseJson(body)).query),
    handle: ({ body }) => desk.sql.query(bodyAs(sqlBody, parseJson(body)).query),
  },
]

const actEndpoints = (parts: HttpParts): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/api/dead-letters/:id/replay',
    access: 'administer',
    auditTarget: 'id',
    summary: 'Append a refused message again where it came from',
    bodyLimit: 1_024,
    async handle({ params }) {
      const outcome = await parts.desk.deadLetters.replay(params.id ?? '')
      if (outcome === 'not_found') throw new Problem(404, 'there is no such dead letter')
      if (outcome === 'cut')
        throw new Problem(409, 'only the beginning of the message was kept: it cannot be sent again')
      if (outcome === 'erased')
        throw new Problem(409, 'the message named somebody who was erased: it is not kept, and cannot be sent again')
      return new Answer(202, { replayed: params.id })
    },
  },
  ...uploadEndpoints(parts),
]

/** What takes a file as its body. */
const uploadEndpoints = ({ desk, settings }: HttpParts): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/api/import',
    access: 'administer',
    summary: 'Import a dump: the file is the body',
    description:
      'The format is detected: rtcstats or Jitsi getStats dumps, OTLP/JSON logs and traces, CloudEvents as JSON lines. Files are uploaded, never named as a path on the server.',
    query: importQuery,
    request: { types: ['application/octet-stream'] },
    response: { schema: jobReport, description: 'What went in, and what was refused.' },
    bodyLimit: settings.uploadBytes,
    upload: true,
    handle(asked) {
      const { name, tenant } = queryOf(importQuery, asked)
      return desk.jobs.importFile({
        ...uploadOf(asked, name, settings.uploadBytes),
        tenant: tenant ?? asked.principal.tenant,
      })
    },
  },
  {
    method: 'POST',
    path: '/api/replay',
    access: 'administer',
    summary: 'Append messages: JSON lines of {topic, key, headers, value}',
    query: replayQuery,
    request: { types: ['application/octet-stream'] },
    response: { schema: jobReport, description: 'What went in, and what was refused.' },
    bodyLimit: settings.uploadBytes,
    upload: true,
    handle(asked) {
      const { name, rate, repeat, tenants } = queryOf(replayQuery, asked)
      return desk.jobs.replay({ ...uploadOf(asked, name, settings.uploadBytes), rate, repeat, tenants })
    },
  },
]

function uploadOf({ upload }: Asked, name: string, limitBytes: number): Upload {
  if (upload === undefined)
    throw new Problem(415, 'Content-Type: must be application/octet-stream, with the file as the body')
  return { name, content: limited(upload, limitBytes) }
}
