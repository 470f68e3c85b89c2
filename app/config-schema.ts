import { z } from 'zod'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { leastRetentionDays } from '#contracts/pipeline.ts'
import { secret, secretFile } from '#contracts/secret.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { privacyConfig } from '#pipelines/privacy/config.ts'
import { postgresConfig } from '#registry/config.ts'
import { archiveConfig } from '#sinks/archive/config.ts'
import { lokiConfig } from '#sinks/loki/config.ts'
import { tempoConfig } from '#sinks/tempo/config.ts'
import { clickhouseConfig } from '#warehouse/config.ts'
import { canaryConfig } from './canary/config.ts'
import { telemetryConfig } from './telemetry/config.ts'

/** A tenant's short name, as payloads (`tenantid`) and API keys use it. */
const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
const int = (min: number, max: number) => z.int().min(min).max(max)
const retentionDays = int(leastRetentionDays, 3_650)
const tenant = z.strictObject({
  id: tenantId.describe('What payloads and API keys call it.'),
  name: z.string().min(1).max(200).optional().describe('For people.'),
  retentionDays: retentionDays
    .optional()
    .describe(
      'How long raw rows of this tenant are kept, where not as long as those of all others. Counts for what is written from now on.',
    ),
})
const topic = z.enum(embeddedTopics.map(({ name }) => name))

const api = z.strictObject({
  pageDefault: int(1, 1_000).default(50).describe('Calls on one page of /api/calls when the client names no limit.'),
  pageMax: int(1, 10_000).default(1_000).describe('Most calls on one page of /api/calls.'),
  requestTimeoutSeconds: int(1, 600).default(60).describe('A request whose body takes longer to arrive is cut off.'),
})

const connections = z.strictObject({
  max: int(16, 100_000)
    .default(512)
    .describe(
      'HTTP connections open at once; never more than a quarter of the file descriptors that the process may have. Beyond, the longest idle one is closed.',
    ),
  perAddress: int(1, 100_000)
    .default(128)
    .describe(
      'Connections of one address other than this machine (of an IPv6 network of 64 bits): raise it for a proxy elsewhere.',
    ),
  headersSeconds: int(1, 60)
    .default(10)
    .describe('A connection whose request has not sent all its headers by then is closed.'),
  liveMax: int(1, 10_000).default(100).describe('Live lists of calls open at once; at most half of the connections.'),
  livePerTenant: int(1, 10_000).default(40).describe('Live lists of one tenant open at once.'),
})

const sql = z.strictObject({
  timeoutSeconds: int(1, 600)
    .default(15)
    .describe('A query that runs longer is ended, whatever it does, at most two seconds later.'),
  memoryMiB: int(16, 65_536)
    .default(1_024)
    .describe(
      'A query that needs more is stopped. On the embedded engine it runs in a process of its own, which takes 300 MiB beside.',
    ),
  rowsMax: int(1, 1_000_000)
    .default(10_000)
    .describe('Rows of a result; what is beyond is cut, and the answer says so.'),
})

const metrics = z.strictObject({
  token: secret()
    .min(16, 'must have at least 16 characters')
    .optional()
    .describe(
      'What Prometheus sends as "Authorization: Bearer" (authorization.credentials_file in its configuration) to read /metrics of any process. It opens nothing else. Without it only the administrator token does.',
    ),
  tokenFile: secretFile('metrics.token'),
  openStatusPort: z
    .boolean()
    .default(false)
    .describe(
      'Ports for /health and /metrics alone (of worker and canary, and statusPort of serve) show figures of all tenants without a credential: only where nothing but Prometheus reaches them.',
    ),
})

const bodies = z.strictObject({
  eventsMiB: int(1, 16).default(2).describe('/v1/events and /v1/getstats, after decompression.'),
  otlpMiB: int(1, 4)
    .default(4)
    .describe('/v1/logs and /v1/traces, after decompression; pipelines take no more than 4.'),
  uploadMiB: int(1, 102_400).default(2_048).describe('Files sent to /api/import and /api/replay.'),
})

const summaries = z.strictObject({
  settleSeconds: int(0, 604_800)
    .default(120)
    .describe('Late data is waited for this long after a call has ended; then its record is settled.'),
  silenceSeconds: int(30, 604_800)
    .default(300)
    .describe('A call without an end event counts as ended after this long without events and media.'),
  budgetSeconds: int(1, 3_600)
    .default(60)
    .describe(
      'A call whose record takes longer to compute is given up: a dead letter, and "not_computed" in its record.',
    ),
  unreadHours: int(1, 720)
    .default(24)
    .describe(
      'Calls wait for what a pipeline has not read yet (calls, evidence), unless no worker has run it for this long.',
    ),
})

/** Everything that can be set, with its unit in its name. One YAML file, `CALLSCOPE_*` variables over it, options over both. */
export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('./callscope-data')
    .describe('Folder that holds everything of an embedded install. One process owns it at a time.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Anything but loopback needs an API key (callscope keys create).'),
  port: int(0, 65_535).default(4650).describe('Port to listen on; 0 takes any free one.'),
  statusPort: int(0, 65_535)
    .optional()
    .describe(
      'With "callscope serve": a port of its own for /health and /metrics, for Prometheus within the network. Without it they are asked on the port above.',
    ),
  allowedHosts: z
    .array(z.string().min(1))
    .default([])
    .describe('Further names (host or host:port) under which browsers and clients may reach this server.'),
  allowedOrigins: z
    .array(z.url())
    .default([])
    .describe('Web origins, other than our own, whose pages may call the API.'),
  allowRemoteWithoutKeys: z
    .boolean()
    .default(false)
    .describe(
      'Listen beyond loopback although no API key exists. Requests from elsewhere are still refused without a credential.',
    ),
  trustLoopback: z
    .boolean()
    .default(false)
    .describe(
      'Requests from this machine need no credential: they read and send for the default tenant. Never where a proxy runs on this machine: a request from anywhere that it passes on without saying so looks the same.',
    ),
  loopbackReads: z
    .enum(['defaultTenant', 'all'])
    .optional()
    .describe(
      'With trustLoopback: what such requests may read, the default tenant (unless said otherwise) or all tenants. What only the administrator token opens, like imports, stays closed.',
    ),
  metrics: metrics.prefault({}).describe('Who may read the figures of all tenants.'),
  durability: z
    .enum(['power', 'process'])
    .default('power')
    .describe('What acknowledged messages survive: power loss, or only the death of the process.'),
  retentionDays: retentionDays
    .default(30)
    .describe('How long raw rows are kept, from 3 days on. Counts for what is written from now on.'),
  tenants: z.array(tenant).default([]).describe('Tenants to create at start. Those that exist keep their settings.'),
  defaultTenant: tenantId
    .optional()
    .describe(
      'Tenant of requests that name none: with the administrator token, or without a credential (trustLoopback). Without it: the only one of tenants, else "default".',
    ),
  auditTenant: tenantId
    .optional()
    .describe(
      "Tenant whose rows of the audit log administrators' acts and refused credentials are: the operator's own. Without it: defaultTenant.",
    ),
  topicTenants: z
    .partialRecord(topic, tenantId)
    .default({})
    .describe(
      'Tenant of a topic whose producers are one tenant. Where there are several tenants, messages of other topics have to name theirs.',
    ),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severity of the log lines on standard error.'),
  adminTokenFile: z
    .string()
    .min(1)
    .optional()
    .describe('File that holds the administrator token; without it one is made in the data folder.'),
  api: api.prefault({}).describe('Limits of the HTTP API.'),
  connections: connections.prefault({}).describe('Limits of HTTP connections.'),
  sql: sql.prefault({}).describe('Limits of callscope sql and /api/sql.'),
  bodies: bodies.prefault({}).describe('Largest request bodies.'),
  summaries: summaries.prefault({}).describe('When call records change by themselves.'),
  kafka: kafkaConfig.prefault({}).describe('The log on a Kafka cluster.'),
  clickhouse: clickhouseConfig.prefault({}).describe('The warehouse on a ClickHouse server.'),
  postgres: postgresConfig.prefault({}).describe('The registry on a PostgreSQL server.'),
  loki: lokiConfig.prefault({}).describe('Log lines to Loki.'),
  tempo: tempoConfig.prefault({}).describe('Spans to Tempo.'),
  privacy: privacyConfig.prefault({}).describe('What is kept of personal data.'),
  archive: archiveConfig.prefault({}).describe('Raw messages on object storage.'),
  canary: canaryConfig.prefault({}).describe('Synthetic calls with known truth.'),
  telemetry: telemetryConfig.prefault({}).describe('What callscope says of itself.'),
})

export type Settings = z.infer<typeof configSchema>
export interface Config extends Readonly<Omit<Settings, 'defaultTenant' | 'loopbackReads'>> {
  /** Undefined: nobody has said. */
  readonly loopbackReads?: Settings['loopbackReads']
  readonly defaultTenant: string
  /** The operator has said whose it is what comes without a credential: nobody has to guess. */
  readonly defaultTenantStated: boolean
}
