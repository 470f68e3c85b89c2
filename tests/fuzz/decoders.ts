import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { scorerBy } from '#app/compose/scoring.ts'
import { liveScore } from '#app/live-score.ts'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import { type Decode, defaultWindows } from '#contracts/pipeline.ts'
import { announcements } from '#pipelines/announce.ts'
import { createCutter } from '#pipelines/archive/cutter.ts'
import { filesOf } from '#pipelines/archive/files.ts'
import { createTenantOf } from '#pipelines/archive/tenants.ts'
import type { Batch } from '#pipelines/batch.ts'
import { createBatchDecoder } from '#pipelines/decode-batch.ts'
import { privacyConfig } from '#pipelines/privacy/config.ts'
import { erasedSubjects, subjectsOf } from '#pipelines/privacy/erased.ts'
import { createPrivacy } from '#pipelines/privacy/privacy.ts'
import { resolvePrivacy } from '#pipelines/privacy/settings.ts'
import { createActivityDecode } from '#pipelines/steps/activity-decode.ts'
import { createAuditDecode } from '#pipelines/steps/audit-decode.ts'
import { createCdrDecode } from '#pipelines/steps/cdr-decode.ts'
import { createConflictWatch } from '#pipelines/steps/conflicts.ts'
import { createEventDecode } from '#pipelines/steps/event-decode.ts'
import { createEvidenceExtract } from '#pipelines/steps/evidence-extract.ts'
import { createLinkWriter } from '#pipelines/steps/links.ts'
import { createLinkMemory } from '#pipelines/steps/links-memory.ts'
import { createLogsDecode } from '#pipelines/steps/logs-decode.ts'
import { createSampleDecode } from '#pipelines/steps/sample-decode.ts'
import { createSpansDecode } from '#pipelines/steps/spans-decode.ts'
import { readAnnouncements } from '#pipelines/summaries/read-announcements.ts'
import { worstOf } from '#quality/interval-thresholds.ts'
import { defaultProfile } from '#quality/profile.ts'
import { writeParquet } from '#sinks/archive/write-parquet.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { readDeadLetter } from '#sinks/dead-letter/read.ts'
import { entryOf } from '#sinks/loki/entry.ts'
import { createMetadataNames } from '#sinks/loki/names.ts'
import { createServiceNames } from '#sinks/loki/services.ts'
import { createPrometheus } from '#sinks/prometheus/prometheus.ts'
import { encodeRequest, encodeSpan } from '#sinks/tempo/encode.ts'

export const logTimeMs = Date.parse('2026-03-01T10:00:10.000Z')
const tenants = ['acme', 'globex', 'initech']
const salt = 'a salt for tests'

const resolved = resolvePrivacy(
  privacyConfig.parse({
    default: { parties: 'hmac', defaultRegion: 'DE' },
    tenants: { globex: { parties: 'lastDigits', freeText: 'clear' } },
    keys: [{ id: 'k1', validFrom: '2020-01-01T00:00:00Z', secret: 'x'.repeat(40) }],
  }),
  { readFile: () => '', nowMs: logTimeMs },
)
if (resolved.type === 'refused') throw new Error(resolved.problems.join())
const { settings } = resolved
const subjects = subjectsOf('+49 30 1234567', { tenant: 'initech', salt, settings })
const erased = erasedSubjects([{ tenant: 'initech', kind: 'party', subjects } as never], salt)
const privacy = createPrivacy({ settings, erased: () => erased })

const rules = { tenants: () => new Set(tenants), windows: defaultWindows, privacy }

/** Each pipeline's decode step, as the composition root makes it: by topic, the pipelines that read it. */
function decodersByTopic(): Readonly<Record<string, readonly Decode[]>> {
  const shared = {
    ...rules,
    writeLinks: createLinkWriter({ memory: createLinkMemory({ max: 100 }) }),
    worstOf: liveScore(() => scorerBy(defaultProfile), worstOf),
  }
  const evidence = createEvidenceExtract(shared)
  const activity = createActivityDecode(shared)
  return {
    'call-events': [createEventDecode(shared)],
    'conf-events': [createEventDecode(shared)],
    'cdr-events': [createCdrDecode(shared)],
    'quality-samples': [createSampleDecode(shared)],
    'chat-events': [activity],
    'presence-events': [activity],
    'audit-events': [createAuditDecode(shared)],
    'app-logs': [createLogsDecode(shared), evidence],
    'trace-spans': [createSpansDecode(shared), evidence],
  }
}

const warehouseThatTakesAll = {
  exec: async () => ({ stream: Readable.from([]) }),
  insert: async () => undefined,
  close: async () => undefined,
} as unknown as ClickHouseClient

/**
 * All that a message goes through in a process, but for the stores: every decode step, what is encoded for each store, live
 * metrics, announcements, dead letters, the archive. Throws whatever any of it throws; returns where steps have thrown.
 */
export function createGauntlet() {
  const byTopic = decodersByTopic()
  const faults: string[] = []
  const prometheus = createPrometheus({ version: 'test', tenants, carriers: [], regions: [], learn: true })
  const sink = createRawSink({ client: warehouseThatTakesAll, retryAfterMs: 0 })
  const watchConflicts = createConflictWatch({ isNew: () => true, found: () => undefined })
  const tenantOf = createTenantOf(rules)
  const names = createMetadataNames()
  const serviceName = createServiceNames(50)
  const loki = {
    ...{ names, tenantLabel: true, cut: () => undefined },
    serviceName: (tenant: string, service: string) => serviceName('o', tenant, service),
  }

  async function store({ rows, packed }: Pick<Batch, 'rows' | 'packed'>): Promise<void> {
    const delivery = await sink.deliver(rows, new AbortController().signal, packed)
    if (delivery.type === 'retry') throw delivery.cause
    for (const row of rows) if (row.table === 'otel_logs') JSON.parse(entryOf(row, loki).json)
    encodeRequest(
      rows.filter(({ table }) => table === 'otel_traces'),
      encodeSpan,
    )
    prometheus.activity.observe(rows)
  }

  async function decode(step: Decode, record: LogRecord): Promise<void> {
    const read = createBatchDecoder({
      decode: step,
      pack: () => sink.pack?.(),
      show({ tenant, sample }) {
        prometheus.calls.observe(tenant, sample, {})
        return true
      },
      onFault: (where) => faults.push(where),
    })
    const batch = await read({ records: [record] } as unknown as Polled)
    await store(batch)
    watchConflicts(batch)
    for (const { value } of announcements(batch.changes.values())) readAnnouncements({ value })
    for (const letter of deadLetters('fuzz', batch.parked))
      readDeadLetter({ ...letter, partition: 0, offset: 0, logTimeMs, headers: letter.headers ?? {} })
  }

  async function archive(record: LogRecord): Promise<void> {
    const cutter = createCutter({ windowMs: 1_000, maxBytes: 1_000_000 }, { ...record, epoch: 0, fromOffset: 0 })
    cutter.take(record)
    const cut = cutter.close()
    if (cut !== undefined) for await (const _file of filesOf(cut, tenantOf, writeParquet));
  }

  return {
    faults,
    topics: Object.keys(byTopic),
    async run(record: LogRecord): Promise<void> {
      for (const step of byTopic[record.topic] ?? []) await decode(step, record)
      await archive(record)
      readAnnouncements(record)
      readDeadLetter(record)
    },
  }
}
