/**
 * Child process of the fuzz of whole installs: everything that `callscope up` runs, on a folder, with the embedded log or on
 * Kafka, and beside it a door straight into the log. Ends when whoever started it is gone.
 * Usage: fork(install-process.ts, [configuration file])
 */
import { setFlagsFromString } from 'node:v8'
import { tokenFor } from '#app/administrator-token.ts'
import { loadConfig } from '#app/config.ts'
import { claimDataFolder } from '#app/data-folder.ts'
import { createLocalDesk } from '#app/desk/local-desk.ts'
import { openEngine } from '#app/engine.ts'
import { createLogger } from '#app/logger.ts'
import { serve } from '#app/serve.ts'
import type { NewRecord } from '#contracts/event-log.ts'

export type Order =
  | { readonly type: 'append'; readonly id: number; readonly records: readonly NewRecord[] }
  | { readonly type: 'memory'; readonly id: number }
  | { readonly type: 'rows'; readonly id: number; readonly query: string }

export type News =
  | { readonly type: 'up'; readonly url: string; readonly token: string }
  | { readonly type: 'done'; readonly id: number; readonly value?: unknown; readonly error?: string }

setFlagsFromString('--expose-gc')
const tell = (news: News): void => void process.send?.(news)
process.on('disconnect', () => process.exit(1))

const config = loadConfig({ env: { CALLSCOPE_CONFIG: process.argv[2] ?? '' }, options: { port: 0 } })
const claim = claimDataFolder(config.dataDir, 'fuzz')
if (claim.type === 'busy') throw new Error(`${config.dataDir} is in use`)
const { folder } = claim
const parts = { config, folder, clock: Date.now, logger: createLogger('warn') }
const engine = await openEngine(parts)
const pipelines = await engine.startPipelines()
void pipelines.failed.then((error) => {
  throw error
})
const desk = createLocalDesk(engine, {
  ...{ config, clock: Date.now, spoolFolder: folder.part('uploads'), onTenantsAdded: pipelines.refreshTenants },
  stopping: new AbortController().signal,
})
const token = tokenFor(config, folder)
const { url } = await serve({ ...parts, engine, desk, administratorToken: token, demo: [] })

/** What is held after a full collection, bytes. */
function heldBytes(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function carryOut(order: Order): Promise<unknown> {
  if (order.type === 'append') return engine.log.append(order.records)
  return order.type === 'rows' ? engine.sql.query(order.query) : heldBytes()
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (value) => tell({ type: 'done', id: order.id, ...(value === undefined ? {} : { value }) }),
    (error: unknown) => tell({ type: 'done', id: order.id, error: error instanceof Error ? error.message : 'failed' }),
  )
})
tell({ type: 'up', url, token })
