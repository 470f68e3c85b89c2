import { z } from 'zod'
import { parseJson } from './body.ts'
import { Answer, bodyAs, type Endpoint, queryOf } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { linkDecided, linksOfCall } from './response-schemas.ts'

const tenant = z.string().min(1).max(100)
const ofTenant = z.strictObject({ tenant })
/** As correlation ids are: neither long nor with anything in them that is not seen. */
const id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'must hold no control characters')
const decision = z.strictObject({ tenant, a: id, b: id, action: z.enum(['cut', 'join']) })

/** What joins ids to calls, and its correction by hand. */
export const createLinkEndpoints = ({ desk }: HttpParts): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/api/links/:id',
    access: 'administer',
    summary: 'What joins an id to others, and what was cut or joined by hand',
    query: ofTenant,
    response: { schema: linksOfCall, description: 'Calls that the id names, and the words by hand on their members.' },
    handle: (asked) => desk.links.show(queryOf(ofTenant, asked).tenant, asked.params.id ?? ''),
  },
  {
    method: 'POST',
    path: '/api/links',
    access: 'administer',
    summary: 'Cut two ids of a call apart by hand, or take the cut back',
    description:
      'The last word on a pair decides over all links that were learnt. Every member of the call is computed anew.',
    request: { types: ['application/json'], schema: decision },
    response: { schema: linkDecided, description: 'The calls that the two ids name now.' },
    bodyLimit: 16_384,
    async handle({ body }) {
      return new Answer(201, await desk.links.decide(bodyAs(decision, parseJson(body))))
    },
  },
]
