import { z } from 'zod'
import { getStatsRequest, readGetStats } from '../getstats/read-getstats.ts'
import { acceptEvents } from './accept-events.ts'
import { parseJson } from './body.ts'
import { senderOf } from './credentials.ts'
import { Answer, type Asked, type Endpoint } from './endpoint.ts'
import { refuseForeign, refuseTooLarge, store } from './ingest-events.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'

const accepted = z.object({
  accepted: z.int().describe('Samples that are now durable.'),
  refused: z.array(z.object({ stat: z.string(), detail: z.string() })).describe('Stats left out; the others went in.'),
})
const maxRefusedTold = 20

/** `POST /v1/getstats`: one WebRTC getStats report, as a browser has it. */
export const createGetStatsEndpoint = (parts: HttpParts): Endpoint => ({
  method: 'POST',
  path: '/v1/getstats',
  access: 'ingest',
  summary: 'Take in one WebRTC getStats report',
  description:
    'stats is the report as an object by id, or as an array of its values. Counters are sent as they are; no state is kept.',
  request: { types: ['application/json'], schema: getStatsRequest },
  response: { schema: accepted, description: 'The samples are durable.' },
  bodyLimit: parts.settings.eventsBytes,
  handle: (asked) => takeReport(parts, asked),
})

async function takeReport(parts: HttpParts, { principal, body }: Asked): Promise<Answer> {
  const tenant = await senderOf(principal, parts)
  const read = readGetStats(parseJson(body))
  if (read.type !== 'next') {
    parts.count('getstats', 'invalid', 1)
    throw new Problem(400, read.type === 'park' ? read.detail : 'nothing in it to take')
  }
  const { samples, refused } = read.value
  const { records, problems, tooLarge, foreign } = acceptEvents(samples, {
    tenant,
    nowMs: parts.clock(),
    windows: parts.settings.windows,
    batch: false,
  })
  refuseTooLarge(tooLarge)
  await refuseForeign(parts, 'getstats', tenant, foreign)
  if (problems.length > 0 && records.length === 0) {
    parts.count('getstats', 'invalid', 1)
    throw new Problem(400, 'nothing was stored: correct the report and send it again', { errors: problems })
  }
  await store(parts, 'getstats', records)
  const told = [
    ...refused.map(({ statId, detail }) => ({ stat: statId, detail })),
    ...problems.map(({ field, fix }) => ({ stat: '', detail: `${field}: ${fix}` })),
  ]
  return new Answer(202, { accepted: records.length, refused: told.slice(0, maxRefusedTold) } satisfies z.infer<
    typeof accepted
  >)
}
