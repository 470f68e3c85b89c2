import { composePipelines } from '#app/compose-pipelines.ts'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { createKafkaLog, type KafkaLog } from '#collectors/kafka/kafka-log.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import type { Registry } from '#contracts/registry.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import { openPgDatabase } from '#registry/pg-database.ts'
import { registryOn } from '#registry/registry.ts'
import { createPrometheus } from '#sinks/prometheus/prometheus.ts'
import type { Looked } from '#tests/faults/verify.ts'
import { connectWarehouse, rowsOf } from '#warehouse/client.ts'
import type { ServerLocation } from '#warehouse/server-connection.ts'

export interface Places {
  readonly kafka: string
  readonly groupPrefix?: string
  readonly databaseUrl: string
  readonly warehouse: ServerLocation
}

/** What a test reads of an install on servers, beside the processes that work on it. */
export interface Sight extends Omit<Looked, 'drained'> {
  readonly log: KafkaLog
  readonly registry: Registry
  close(): Promise<void>
}

export async function lookAt({ kafka, groupPrefix, databaseUrl, warehouse }: Places): Promise<Sight> {
  const prefix = groupPrefix === undefined ? {} : { groupPrefix }
  const log = createKafkaLog({
    config: kafkaConfig.parse({ brokers: [kafka], ...prefix }),
    clock: Date.now,
    observer: { trouble: () => undefined, client: () => undefined },
  })
  const client = await connectWarehouse({ location: warehouse })
  const registry = await registryOn(await openPgDatabase({ url: databaseUrl, tls: 'off', connections: 2 }), Date.now)
  const { auditor, close: closeComposed } = await composePipelines({
    ...{ pipelines: [], log, registry, tenants: () => new Set<string>(), windows: defaultWindows },
    ...{ patience: defaultPatience, logNow: Date.now, onRetry: () => undefined },
    connect: () => connectWarehouse({ location: warehouse }),
    prometheus: createPrometheus({ version: 'test', tenants: [], carriers: [], regions: [], learn: true }),
  })
  return {
    ...{ log, registry, auditor },
    rows: (query) => rowsOf(client, query),
    async records() {
      const rows = await rowsOf<[string]>(client, 'SELECT record FROM calls FINAL WHERE is_deleted = 0')
      const records = rows.map(([record]) => JSON.parse(record) as CallRecord)
      return new Map(records.map((record) => [record.id, record]))
    },
    async close() {
      await closeComposed()
      await client.close()
      await registry.close()
      await log.close()
    },
  }
}
