import type { CallCharts } from '#contracts/call-charts.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { KnownKey } from '#contracts/registry.ts'
import { hashKey } from './credentials.ts'
import type { Desk, HttpParts, HttpSettings, ParkedAtEdge } from './ports.ts'
import { createHttpServer } from './server.ts'

export const nowMs = Date.UTC(2026, 4, 1, 12)
export const administratorToken = 'administrator-token-for-tests'
export const acmeKey = 'csk_acme'
export const readerKey = 'csk_reader'
export const metricsToken = 'metrics-token-for-tests'

const settings: HttpSettings = {
  host: '127.0.0.1',
  allowedHosts: ['calls.example'],
  allowedOrigins: ['https://grafana.example'],
  defaultTenant: 'default',
  defaultTenantStated: false,
  // A day less than the default: an edge that had windows of its own would take more.
  windows: { maxAgeMs: 6 * 86_400_000, maxAheadMs: 600_000 },
  // As with the setting trustLoopback: most tests are not about who asks.
  anonymous: { reads: 'default', sends: true },
  demo: false,
  pageDefault: 50,
  pageMax: 1_000,
  eventsBytes: 2 * 1_048_576,
  otlpBytes: 8 * 1_048_576,
  uploadBytes: 1_048_576,
  requestTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  connections: { max: 512, perAddress: 128 },
  live: { max: 100, perTenant: 40 },
  version: '0.0.0-test',
}

const aKey = (id: string, role: KnownKey['role']): KnownKey => ({
  ...{ id, role, tenant: 'acme', expiresMs: undefined, revokedMs: undefined },
})

const keys: Readonly<Record<string, KnownKey>> = {
  [hashKey(acmeKey)]: aKey('key_acme', 'ingest'),
  [hashKey(readerKey)]: aKey('key_reader', 'reader'),
}

/** A desk on which nothing lies; tests replace what they look at. */
export const emptyDesk: Desk = {
  calls: {
    list: async () => ({ calls: [], nextCursor: undefined, completeUntilMs: undefined }),
    whole: async () => undefined,
  },
  sql: { query: async () => ({ columns: ['1'], rows: [[1]], truncated: false }) },
  runs: { list: async () => [] },
  deadLetters: {
    list: async () => ({ letters: [], nextCursor: undefined }),
    show: async () => undefined,
    replay: async () => 'not_found',
  },
  jobs: {
    importFile: async () => ({ run: 'r', counts: {}, refused: [], notes: [] }),
    replay: async () => ({ run: 'r', counts: {}, refused: [], notes: [] }),
  },
  archive: {
    list: async () => [],
    plan: async () => ({
      ...{ objects: 0, rows: 0, bytes: 0, expired: 0 },
      frozen: { objects: 0, restoring: 0, keys: [] },
      missing: { objects: 0, keys: [] },
    }),
    verify: async () => ({ objects: 0, bytes: 0, expired: 0, refused: [] }),
    replay: async () => ({ run: 'r', counts: {}, refused: [], notes: [] }),
  },
  keys: {
    create: async () => ({ id: 'key_new', key: 'csk_new' }),
    list: async () => [],
    revoke: async (id) => ({ id, revokedMs: nowMs }),
  },
  erasures: {
    erase: async () => ({ sequence: 1, calls: 0, rows: {}, purged: true, stores: [] }),
    list: async () => [],
  },
  links: {
    show: async () => ({ calls: [], cuts: [] }),
    decide: async () => ({ sequence: 1, wereOne: true, announced: 2, calls: [] }),
  },
  profiles: {
    list: async () => ({ profiles: [], ready: [] }),
    show: async () => undefined,
    set: async ({ profile, validFromMs = nowMs }) => ({ version: profile.version, validFromMs, calls: 0 }),
  },
}

const none = { good: 0, degraded: 0, poor: 0, unclassified: 0 }

/** Charts of nothing; tests replace what they look at. */
export const emptyCharts: CallCharts = {
  timeline: async ({ sinceMs, untilMs }) => ({
    ...{ fromMs: sinceMs, untilMs, bucketMs: untilMs - sinceMs },
    buckets: [{ atMs: sinceMs, ...none }],
  }),
  facets: async () => ({
    total: 0,
    facets: {
      ...{
        tenant: [],
        carrier: [],
        route: [],
        region: [],
        codec: [],
        class: [],
        disposition: [],
        finding: [],
        fault: [],
      },
    },
  }),
  now: async (_tenant, window) => ({
    ...{ ...window, activeCalls: 0, startedCalls: 0, classes: none, scales: [], unscoredMinutes: 0, blind: [] },
    worst: { carrier: [], route: [], region: [], codec: [] },
  }),
  samples: async () => undefined,
}

export const noChanges: CallChanges = {
  newest: async () => 0,
  changed: async () => [],
  idsNamed: async (_tenant, q) => [q],
}

type ServerChanges = Partial<Omit<HttpParts, 'settings'>> & { readonly settings?: Partial<HttpSettings> }

/** A server over a log in memory, and all that went through it. */
export function aServer({ settings: changed = {}, ...changes }: ServerChanges = {}) {
  const records: NewRecord[] = []
  const parked: ParkedAtEdge[] = []
  const counted: string[] = []
  const app = createHttpServer({
    settings: { ...settings, ...changed },
    log: { append: async (batch) => void records.push(...batch) },
    tenants: {
      findKey: async (hash) => keys[hash],
      tenants: async () => ['default', 'acme'].map((id) => ({ id, name: id })),
    },
    keys: { hashes: async () => [], used: () => undefined },
    connections: { refused: () => undefined, watch: () => undefined },
    desk: emptyDesk,
    trail: { begin: async () => () => undefined, denied: () => undefined },
    charts: emptyCharts,
    changes: noChanges,
    pages: { find: () => undefined },
    completeUntil: async () => () => nowMs - 60_000,
    administratorToken,
    metricsToken,
    clock: () => nowMs,
    logger: { warn() {}, error() {} },
    park: async (messages) => void parked.push(...messages),
    count: (edge, outcome, messages) => void counted.push(`${edge} ${outcome} ${messages}`),
    metrics: async (format) => ({
      contentType: format === 'text' ? 'text/plain' : 'application/openmetrics-text',
      body: '# EOF\n',
    }),
    readiness: async () => ({ ready: true, checks: { log: 'ok' } }),
    ...changes,
  })
  return { app, records, parked, counted }
}

export const anEvent = (changes: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: 'e1',
  source: '/sbc/1',
  type: 'call.started',
  time: '2026-05-01T11:59:00Z',
  correlationid: 'call-1',
  data: { from: 'a', to: 'b' },
  ...changes,
})

export const asKey = (key: string) => ({ authorization: `Bearer ${key}` })
