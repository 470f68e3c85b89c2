import { z } from 'zod'
import { parseJson } from './body.ts'
import { bodyAs, type Endpoint, queryOf } from './endpoint.ts'

/** A filter is some hundred bytes: the longest search and name that it may hold are 200 characters each. */
const bodyLimit = 16 * 1_024

const nothing = z.strictObject({})
const asked = z.record(z.string(), z.union([z.string(), z.number()]))

/**
 * The same as an endpoint's GET, asked with the query in a body: what is searched for may be somebody's number, and addresses
 * stand in the logs of every server and proxy on the way. Values are those of the query string, numbers as such or as text.
 */
export function withSearch(endpoint: Endpoint): readonly Endpoint[] {
  const { query, description } = endpoint
  if (query === undefined) throw new Error(`${endpoint.path} has no query to search by`)
  const told = 'The query of GET as a JSON object: for what must not stand in an address, like a number searched for.'
  return [
    endpoint,
    {
      ...endpoint,
      method: 'POST',
      query: nothing,
      description: description === undefined ? told : `${told} ${description}`,
      request: { types: ['application/json'], schema: query },
      bodyLimit,
      handle(request) {
        queryOf(nothing, request)
        const values = bodyAs(asked, parseJson(request.body))
        const entries = Object.entries(values).map(([name, value]) => [name, String(value)])
        return endpoint.handle({ ...request, query: Object.fromEntries(entries) })
      },
    },
  ]
}
