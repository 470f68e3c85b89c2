import { z } from 'zod'
import type { NewRecord } from '#contracts/event-log.ts'
import { signals } from '#contracts/signals/index.ts'
import { KafkaError } from '../kafka/trouble.ts'
import { type AcceptedEvents, acceptEvents } from './accept-events.ts'
import { readCloudEvents } from './cloud-events.ts'
import { senderOf } from './credentials.ts'
import { Answer, type Asked, type Endpoint } from './endpoint.ts'
import type { Edge, HttpParts } from './ports.ts'
import { type FieldProblem, maxErrors, Problem } from './problem.ts'

const accepted = z.object({ accepted: z.int().describe('Events that are now durable.') })
const anySignal = z.union(Object.values(signals).map(({ schema }) => schema))

/** `POST /v1/events`: CloudEvents in any of the three modes. All of a request is stored, or nothing. */
export function createEventsEndpoint(parts: HttpParts): Endpoint {
  return {
    method: 'POST',
    path: '/v1/events',
    access: 'ingest',
    summary: 'Take in CloudEvents',
    description:
      'CloudEvents 1.0, structured, batched (application/cloudevents-batch+json) or in binary mode (ce-* headers). Answers 202 once every event is durable. One bad event refuses the request: 400 names index, field and fix, and nothing is stored.',
    request: {
      types: ['application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json'],
      schema: z.union([anySignal, z.array(anySignal)]),
    },
    response: { schema: accepted, description: 'All events are durable.' },
    bodyLimit: parts.settings.eventsBytes,
    handle: (asked) => takeEvents(parts, asked),
  }
}

async function takeEvents(parts: HttpParts, { principal, headers, body }: Asked): Promise<Answer> {
  const tenant = await senderOf(principal, parts)
  const { batch, events } = readCloudEvents(headers, body)
  const { records, problems, tooLarge, foreign } = acceptEvents(events, {
    tenant,
    nowMs: parts.clock(),
    windows: parts.settings.windows,
    batch,
  })
  refuseTooLarge(tooLarge)
  await refuseForeign(parts, 'events', tenant, foreign)
  if (problems.length > 0) {
    parts.count('events', 'invalid', new Set(problems.map(({ index }) => index)).size)
    const more =
      problems.length > maxErrors ? ` (the first ${maxErrors} of ${problems.length} problems are listed)` : ''
    throw new Problem(400, `nothing was stored: correct the events named and send the request again${more}`, {
      errors: problems,
    })
  }
  await store(parts, 'events', records)
  return new Answer(202, { accepted: records.length } satisfies z.infer<typeof accepted>)
}

/** Refused here, where its sender hears of it, what would be a dead letter later. The server counts it. */
export function refuseTooLarge(errors: AcceptedEvents['tooLarge']): void {
  if (errors.length > 0)
    throw new Problem(413, 'nothing was stored: an event is too large for the log', {
      errors: errors.slice(0, maxErrors),
    })
}

/** A payload that names another tenant is a mistake worth a trace, or an attack: refused, counted, and kept. */
export async function refuseForeign(
  parts: HttpParts,
  edge: Edge,
  tenant: string,
  foreign: AcceptedEvents['foreign'],
): Promise<void> {
  if (foreign.length === 0) return
  const reason = 'tenant_mismatch'
  const detailOf = ({ field, fix }: FieldProblem): string => `${field}: ${fix}`
  await parts.park(
    foreign.map(({ topic, value, problem }) => ({ reason, detail: detailOf(problem), topic, tenant, value })),
  )
  parts.count(edge, 'tenant_mismatch', foreign.length)
  throw new Problem(403, 'nothing was stored: events name another tenant than the credential does', {
    errors: foreign.map(({ problem }) => problem),
  })
}

/** Appends and counts. A log that cannot take records now (full disk, broker away) is the server's fault: 503, try again. */
export async function store(parts: HttpParts, edge: Edge, records: readonly NewRecord[]): Promise<void> {
  try {
    if (records.length > 0) await parts.log.append(records)
  } catch (error) {
    if (error instanceof KafkaError && error.trouble === 'record_too_large') throw tooLargeForBroker()
    parts.count(edge, 'not_stored', records.length)
    parts.logger.error({ err: error, edge }, 'the log did not take records')
    throw new Problem(
      503,
      'the log cannot take records now (is the disk full?): nothing was stored, send again later',
      { retryAfterSeconds: 5 },
    )
  }
  parts.count(edge, 'accepted', records.length)
}

/** To send it again would be as useless as before: brokers refuse messages above a size, whatever they hold. */
const tooLargeForBroker = (): Problem =>
  new Problem(
    413,
    "the log's brokers take no message of this size: send smaller batches, or raise max.message.bytes of the topic (callscope topics check)",
  )
