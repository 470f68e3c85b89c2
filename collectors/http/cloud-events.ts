import { parseJson } from './body.ts'
import { Problem } from './problem.ts'

/** Events as they arrived, not yet validated. `batch` decides whether problems name an index. */
export interface ReceivedEvents {
  readonly batch: boolean
  readonly events: readonly unknown[]
}

/** Most events of one batch: more do not make it faster, and one refusal costs less. */
const maxBatch = 10_000

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** CloudEvents over HTTP (CloudEvents HTTP protocol binding 1.0.2): structured, batched or binary mode. */
export function readCloudEvents(headers: Headers, body: Uint8Array): ReceivedEvents {
  const type = mediaTypeOf(headers['content-type'])
  if (type === 'application/cloudevents-batch+json') return batchOf(parseJson(body))
  if (type === 'application/cloudevents+json') return { batch: false, events: [parseJson(body)] }
  if (headers['ce-specversion'] !== undefined) return { batch: false, events: [binaryEvent(headers, type, body)] }
  if (type === 'application/json' || type === undefined) {
    // Lenient: structured JSON under its plain name.
    const value = parseJson(body)
    return Array.isArray(value) ? batchOf(value) : { batch: false, events: [value] }
  }
  throw new Problem(
    415,
    'Content-Type: must be application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-* headers',
  )
}

function batchOf(value: unknown): ReceivedEvents {
  if (!Array.isArray(value)) throw new Problem(400, 'a batch must be a JSON array of events')
  if (value.length > maxBatch) throw new Problem(413, `a batch may hold ${maxBatch} events: send smaller ones`)
  return { batch: true, events: value }
}

function binaryEvent(headers: Headers, type: string | undefined, body: Uint8Array): Record<string, unknown> {
  if (type !== undefined && type !== 'application/json')
    throw new Problem(415, 'Content-Type: the data of an event must be application/json')
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || typeof value !== 'string') continue
    event[name.slice(3)] = percentDecoded(name, value)
  }
  event.datacontenttype = 'application/json'
  event.data = body.length === 0 ? {} : parseJson(body)
  return event
}

/** Clause 3.1.3.2: header values are percent-encoded UTF-8. */
function percentDecoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value.replace(/^"(.*)"$/, '$1'))
  } catch {
    throw new Problem(400, `${name}: is not percent-encoded UTF-8`)
  }
}

const mediaTypeOf = (value: string | string[] | undefined): string | undefined =>
  (Array.isArray(value) ? value[0] : value)?.split(';', 1)[0]?.trim().toLowerCase() || undefined
