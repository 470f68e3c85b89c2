import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { loadConfig } from '#app/config.ts'
import { claimDataFolder } from '#app/data-folder.ts'
import { createLogger } from '#app/logger.ts'
import { type RunningPipelines, startPipelines } from '#app/pipelines.ts'
import { watchEmbedded } from '#app/stores/open-log.ts'
import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { Registry } from '#contracts/registry.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { createRegistry } from '#registry/registry.ts'
import { simulatedTenants } from '#simulator/index.ts'
import { createPrometheus } from '#sinks/prometheus/prometheus.ts'
import { connectWarehouse } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { type StatementTimes, timeStatements } from './statements.ts'

/** A whole embedded install as `up` opens it, with its defaults, but for HTTP; its pipelines start when told to. */
export interface Install {
  readonly log: EmbeddedLog
  readonly registry: Registry
  /** Untimed, and no pipeline's: for seeding and looking. */
  readonly warehouse: ClickHouseClient
  readonly statements: StatementTimes
  connect(): Promise<ClickHouseClient>
  startPipelines(): Promise<RunningPipelines>
  /** Messages that a group has still to deal with. */
  behind(group: string): number
  stop(): Promise<void>
}

export const logPath = (folder: string): string => join(folder, 'log.sqlite')

export async function openInstall(path: string): Promise<Install> {
  const claim = claimDataFolder(path, 'bench')
  if (claim.type === 'busy') throw new Error(`${path} is in use`)
  const { folder } = claim
  const config = loadConfig({ env: {}, options: { dataDir: path, logLevel: 'warn' } })
  const clock = Date.now
  const { durability } = config
  const log = createEmbeddedLog({ path: logPath(path), topics: embeddedTopics, clock, durability })
  const registry = await createRegistry({ dataDir: folder.part('registry'), clock })
  await registry.tenants.ensureTenants(simulatedTenants)
  const statements = timeStatements()
  const clients: ClickHouseClient[] = []
  const connect = async (): Promise<ClickHouseClient> => {
    const client = await connectWarehouse({ location: { path: folder.part('warehouse') } })
    clients.push(client)
    return client
  }
  const warehouse = await connect()
  await migrateWarehouse(warehouse, await listMigrations())
  const metrics = createPrometheus({
    version: 'bench',
    tenants: simulatedTenants.map(({ id }) => id),
    carriers: [],
    regions: [],
    learn: true,
  })
  const logger = createLogger(config.logLevel)
  const running: RunningPipelines[] = []

  return {
    log,
    registry,
    warehouse,
    statements,
    connect,
    async startPipelines() {
      const connectTimed = async () => statements.watch(await connect())
      const parts = {
        config,
        folder,
        clock,
        logger,
        log,
        registry,
        metrics,
        connect: connectTimed,
        watch: watchEmbedded(log),
      }
      const pipelines = await startPipelines(parts)
      running.push(pipelines)
      // Without a pipeline nothing would ever be done, and the case would wait for ever.
      void pipelines.failed.then((error) => {
        throw error
      })
      return pipelines
    },
    behind: (group) => log.lag(group).reduce((sum, { lag }) => sum + lag, 0),
    async stop() {
      for (const pipelines of running) await pipelines.stop()
      for (const client of clients) await client.close()
      await registry.close()
      await log.close()
      folder.release()
    },
  }
}
