import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '#contracts/clock.ts'
import type { Sink } from '#contracts/sink.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import type { Courier, Plan, Shipment } from '../shared/courier.ts'
import { createHttpDelivery } from '../shared/delivery.ts'
import { createHttpClient } from '../shared/http.ts'
import type { CutReason, DeliveryObserver, RefusalReason } from '../shared/observer.ts'
import { organisationOf } from '../shared/organisations.ts'
import { explainLoki, isStreamLimit, judgeLoki, maxAnswerBytes } from './answers.ts'
import type { LokiConfig } from './config.ts'
import { type Entry, entryOf, tenantOf } from './entry.ts'
import { createMetadataNames } from './names.ts'
import { createServiceNames } from './services.ts'

export interface LokiSinkParts {
  readonly config: LokiConfig & { readonly url: string }
  readonly observer: DeliveryObserver
  readonly clock: Clock
  /** 0..1, as Math.random. */
  readonly random: () => number
  /** Tests shorten it. */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number }
}

const gzipped = promisify(gzip)

/**
 * Bytes of one push, uncompressed. Loki's burst is 6 MB a tenant and what its parts send each other 4 MB: a push has to
 * stay below both with what Loki adds.
 */
const maxPushBytes = 2 * 1_048_576
/** Brackets, commas, and the labels of a stream of one line. */
const entryOverhead = 32
/** One line guilty among thousands is found with two dozen pushes, each of which Loki may take again without harm. */
const searchesMax = 200

/**
 * Log lines to Loki's push API, gzip-compressed JSON (docs/decisions/0023-loki-and-tempo.md). Safe to repeat: what a line
 * is and where it goes follows from its record, and Loki keeps equal lines of one stream and moment once.
 */
export function createLokiSink({ config, observer, clock, random, backoff }: LokiSinkParts): Sink<TracedRow> {
  const entries = createEntries(config, (reason) => observer.cut('loki', reason, 1))
  const courier: Courier<TracedRow> = {
    name: 'loki',
    searchesMax,
    storesInPart: true,
    plan: (rows) => plan(rows, { config, of: entries.of, nowMs: clock() }),
    async encode(shipment) {
      const body = await gzipped(pushOf(shipment, entries.of), { level: 1 })
      const headers = {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'x-scope-orgid': shipment.org,
      }
      return { method: 'POST', path: '/loki/api/v1/push', headers, body, maxAnswerBytes }
    },
    judge: (reply, { rows }) => judgeLoki(reply, rows, secondsOf),
    judgeLimit: (reply) => (isStreamLimit(reply) ? 'stream_limit' : 'rate_limited'),
    explain: explainLoki,
  }
  return createHttpDelivery({
    ...{ courier, observer, clock, random, messageOf: ({ record }: TracedRow) => record },
    http: createHttpClient({ ...config, timeoutMs: config.requestTimeoutSeconds * 1_000, maxSockets: 8 }),
    ...(backoff === undefined ? {} : { backoff }),
  })
}

/** Entries are made once per row, however often it is sent. */
function createEntries(config: LokiConfig, cut: (reason: CutReason) => void) {
  const names = createMetadataNames()
  const serviceName = createServiceNames(config.servicesMax)
  const made = new WeakMap<TracedRow, Entry>()
  const parts = {
    ...{ names, cut, tenantLabel: config.tenants === 'one' },
    serviceName: (tenant: string, service: string) =>
      serviceName(organisationOf(config, tenant) ?? '', tenant, service),
  }
  return {
    of(row: TracedRow): Entry {
      const known = made.get(row)
      if (known !== undefined) return known
      const entry = entryOf(row, parts)
      made.set(row, entry)
      return entry
    },
  }
}

const secondsOf = ({ cells }: TracedRow): number => Number(cells[0])

/** Loki takes what is up to an hour behind the newest line of its stream (half of ingester.max_chunk_age). */
const surelyTakenMs = 50 * 60_000

/**
 * By organisation, in order of time throughout, so that no push brings what is older than the one before brought. What may
 * be too far behind its stream goes in pushes of one stream each: of several streams in one push, Loki 3.7 answers with what
 * became of the last, and the refusal of any other would be lost without a word (reproduced in tests/stack/loki.test.ts).
 */
function plan(rows: readonly TracedRow[], { config, of, nowMs }: Planning): Plan<TracedRow> {
  const refused: { row: TracedRow; reason: RefusalReason }[] = []
  const groups = new Map<string, { readonly org: string; readonly rows: TracedRow[] }>()
  for (const row of rows) {
    const org = organisationOf(config, tenantOf(row))
    if (org === undefined) {
      refused.push({ row, reason: 'tenant_name' })
      continue
    }
    const isLate = nowMs - secondsOf(row) * 1_000 > surelyTakenMs
    const name = isLate ? `${org} ${of(row).stream}` : org
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { org, rows: [row] })
    else group.rows.push(row)
  }
  return { shipments: [...groups.values()].flatMap((group) => shipmentsOf(group, of)), refused }
}

interface Planning {
  readonly config: LokiConfig
  readonly of: (row: TracedRow) => Entry
  readonly nowMs: number
}

function shipmentsOf(
  { org, rows }: { readonly org: string; readonly rows: readonly TracedRow[] },
  of: (row: TracedRow) => Entry,
): readonly Shipment<TracedRow>[] {
  const shipments: Shipment<TracedRow>[] = []
  // Sorting is stable: lines of one moment stay in the order of the log.
  const inOrder = rows.map((row) => ({ row, entry: of(row) })).sort((a, b) => earlier(a.entry, b.entry))
  let part: TracedRow[] = []
  let bytes = 0
  for (const { row, entry } of inOrder) {
    const size = Buffer.byteLength(entry.json) + entryOverhead
    if (part.length > 0 && bytes + size > maxPushBytes) {
      shipments.push({ org, rows: part })
      part = []
      bytes = 0
    }
    part.push(row)
    bytes += size
  }
  if (part.length > 0) shipments.push({ org, rows: part })
  return shipments
}

const earlier = ({ nanos: a }: Entry, { nanos: b }: Entry): number =>
  a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length

/** `{"streams":[{"stream":{labels},"values":[[nanos, line, metadata], …]}]}` */
function pushOf({ rows }: Shipment<TracedRow>, of: (row: TracedRow) => Entry): string {
  const streams = new Map<string, string[]>()
  for (const row of rows) {
    const { stream, json } = of(row)
    const values = streams.get(stream)
    if (values === undefined) streams.set(stream, [json])
    else values.push(json)
  }
  const parts = [...streams].map(([stream, values]) => `{"stream":${stream},"values":[${values.join(',')}]}`)
  return `{"streams":[${parts.join(',')}]}`
}
