import type { Readable } from 'node:stream'
import { z } from 'zod'
import { filterOf, filterShape } from './call-query.ts'
import type { Principal } from './credentials.ts'
import { Answer, type Endpoint, queryOf } from './endpoint.ts'
import type { LiveHub } from './live/hub.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { liveCalls } from './response-schemas.ts'

/** The list of calls as it changes. */
export function createLiveEndpoint(parts: HttpParts, hub: LiveHub): Endpoint {
  const query = z.strictObject({
    ...filterShape(parts),
    only: z.enum(['ticks']).optional().describe('ticks: nothing about calls, only that the server is there.'),
  })
  return {
    method: 'GET',
    path: '/api/calls/live',
    access: 'read',
    summary: 'What changes in a list of calls, as server-sent events',
    description:
      'Event "calls": what is new or changed and matches, and what is gone from the list. "tick", every 5 s: nowMs and completeUntilMs. "reset": too much has changed to be told, load the list again. Last-Event-ID goes on from there. A stream ends after some minutes: come again.',
    query,
    live: true,
    response: { type: 'text/event-stream', schema: liveCalls, description: 'Data of the event "calls".' },
    handle(asked) {
      const { only, ...rest } = queryOf(query, asked)
      const stream = hub.join({
        filter: filterOf(asked.principal, rest),
        resumeFrom: lastEventId(asked.headers),
        owner: asked.principal.tenant,
        ticksOnly: only === 'ticks',
      })
      if (asked.principal.key !== undefined) endWithKey(stream, asked.principal.key)
      // Proxies that gather an answer before they pass it on would pass this one on never.
      const headers = { 'x-accel-buffering': 'no' }
      return new Answer(200, stream, { type: 'text/event-stream; charset=utf-8', headers })
    },
  }
}

/** How often it is asked whether the key that opened a stream still holds. */
const askedAgainMs = 5_000

/** A stream outlives the request that was checked: it ends when its key does. */
export function endWithKey(stream: Readable, { holds }: NonNullable<Principal['key']>): void {
  const timer = setInterval(() => {
    holds().then(
      (still) => (still ? undefined : stream.destroy()),
      () => undefined,
    )
  }, askedAgainMs)
  timer.unref()
  stream.once('close', () => clearInterval(timer))
}

function lastEventId(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const text = headers['last-event-id']
  if (text === undefined || text === '') return undefined
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text)
  throw new Problem(400, 'Last-Event-ID: is none that this server has sent; leave it out')
}
