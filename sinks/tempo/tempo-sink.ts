import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '#contracts/clock.ts'
import type { Sink } from '#contracts/sink.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import type { Courier, Plan } from '../shared/courier.ts'
import { createHttpDelivery } from '../shared/delivery.ts'
import { createHttpClient } from '../shared/http.ts'
import type { DeliveryObserver, RefusalReason } from '../shared/observer.ts'
import { organisationOf } from '../shared/organisations.ts'
import { explainOtlp, judgeOtlp, maxAnswerBytes } from './answers.ts'
import type { TempoConfig } from './config.ts'
import { encodeRequest, encodeSpan, resourceKey, tenantOf, traceIdOf } from './encode.ts'
import { createTraceBounds, type TraceBounds } from './trace-bounds.ts'

export interface TempoSinkParts {
  readonly config: TempoConfig & { readonly url: string }
  readonly observer: DeliveryObserver
  readonly clock: Clock
  /** 0..1, as Math.random. */
  readonly random: () => number
  /** Tests shorten it. */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number }
}

const gzipped = promisify(gzip)

/** Bytes of one request, uncompressed: below the 4 MB that gRPC between the parts of a receiver takes. */
const maxRequestBytes = 2 * 1_048_576
/** One guilty span among thousands is found with two dozen requests. A refused request is stored in no part. */
const searchesMax = 1_000

/**
 * Trace spans to Tempo, or any other receiver of OTLP over HTTP. Safe to repeat: ids come from the producer (decoding
 * refuses spans without), and Tempo holds spans of one id and kind for one.
 */
export function createTempoSink({ config, observer, clock, random, backoff }: TempoSinkParts): Sink<TracedRow> {
  const bounds = createTraceBounds({ spansPerBatch: config.spansPerTrace, clock })
  const encoded = new WeakMap<TracedRow, Uint8Array>()
  const spanOf = (row: TracedRow): Uint8Array => {
    const known = encoded.get(row) ?? encodeSpan(row)
    encoded.set(row, known)
    return known
  }
  const courier: Courier<TracedRow> = {
    name: 'tempo',
    searchesMax,
    storesInPart: false,
    plan: (rows) => plan(rows, { config, bounds, spanOf }),
    async encode({ org, rows }) {
      const body = await gzipped(encodeRequest(rows, spanOf), { level: 1 })
      const headers = {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'gzip',
        'x-scope-orgid': org,
      }
      return { method: 'POST', path: '/v1/traces', headers, body, maxAnswerBytes }
    },
    judge: (reply) => judgeOtlp(reply),
    stored({ org, rows }) {
      for (const row of rows) bounds.stored(traceKey(org, row), spanOf(row).length)
    },
    explain: explainOtlp,
  }
  return createHttpDelivery({
    ...{ courier, observer, clock, random, messageOf: ({ record }: TracedRow) => record },
    http: createHttpClient({ ...config, timeoutMs: config.requestTimeoutSeconds * 1_000, maxSockets: 8 }),
    ...(backoff === undefined ? {} : { backoff }),
  })
}

const traceKey = (org: string, row: TracedRow): string => `${org}/${traceIdOf(row)}`

interface PlanParts {
  readonly config: TempoConfig
  readonly bounds: TraceBounds
  readonly spanOf: (row: TracedRow) => Uint8Array
}

interface OpenRequest {
  readonly rows: TracedRow[]
  readonly resources: Set<string>
  bytes: number
}

/** By organisation, in the order of the log, requests bounded in bytes, traces in bytes and spans. */
function plan(rows: readonly TracedRow[], { config, bounds, spanOf }: PlanParts): Plan<TracedRow> {
  const refused: { row: TracedRow; reason: RefusalReason }[] = []
  const shipments: { org: string; rows: TracedRow[] }[] = []
  const open = new Map<string, OpenRequest>()
  bounds.begin()
  for (const row of rows) {
    const org = organisationOf(config, tenantOf(row))
    if (org === undefined) {
      refused.push({ row, reason: 'tenant_name' })
      continue
    }
    const size = spanOf(row).length
    if (!bounds.takes(traceKey(org, row), size)) {
      refused.push({ row, reason: 'trace_too_large' })
      continue
    }
    const resource = resourceKey(row)
    let part = open.get(org)
    if (
      part === undefined ||
      part.bytes + size + (part.resources.has(resource) ? 0 : resource.length) > maxRequestBytes
    ) {
      part = { rows: [], resources: new Set(), bytes: 0 }
      open.set(org, part)
      shipments.push({ org, rows: part.rows })
    }
    part.rows.push(row)
    part.bytes += size + (part.resources.has(resource) ? 0 : resource.length)
    part.resources.add(resource)
  }
  return { shipments, refused }
}
