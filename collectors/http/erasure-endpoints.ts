import { z } from 'zod'
import { parseJson } from './body.ts'
import { Answer, bodyAs, type Endpoint, queryOf } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { erasureEntry, erasureReport } from './response-schemas.ts'

const tenant = z.string().min(1).max(100)
const ofTenant = z.strictObject({ tenant })
const subject = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'must hold no control characters')
const asked = z.strictObject({
  tenant,
  party: subject
    .optional()
    .describe('A number, a SIP URI, an address or a name. In the body and never in the URL, which servers log.'),
  call: subject.optional().describe('A correlation id: everybody in this call.'),
})

/** Who is to be forgotten. */
export const createErasureEndpoints = ({ desk }: HttpParts): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/api/erasures',
    access: 'administer',
    summary: 'Who and what was erased: hashes of persons, ids of calls',
    query: ofTenant,
    response: {
      schema: z.object({ erasures: z.array(erasureEntry) }),
      description: 'In the order in which they were told.',
    },
    handle: async (request) => ({ erasures: await desk.erasures.list(queryOf(ofTenant, request).tenant) }),
  },
  {
    method: 'POST',
    path: '/api/erasures',
    access: 'administer',
    summary: 'Forget a person or everybody in a call',
    description:
      'Stored rows, dead letters and archived objects are written anew without them, lines in Loki are deleted, and no replay brings them back. Answers when all of it is done, which with a large archive takes long. Told again, it is done again.',
    request: { types: ['application/json'], schema: asked },
    response: { schema: erasureReport, description: 'What was changed.' },
    bodyLimit: 16_384,
    async handle({ body }) {
      return new Answer(201, await desk.erasures.erase(bodyAs(asked, parseJson(body))))
    },
  },
]
