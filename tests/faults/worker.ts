/**
 * Child process of `kill.ts`: a whole embedded install on a folder, and a producer that feeds a file of messages to it, at
 * least once. It runs until it is killed; told to stop, it lets go in good order.
 * Usage: fork(worker.ts, [folder, messages file, progress file, durability, silence seconds])
 */
import { openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '#app/config.ts'
import { claimDataFolder } from '#app/data-folder.ts'
import { openEngine } from '#app/engine.ts'
import { createLogger } from '#app/logger.ts'
import { startPipelines } from '#app/pipelines.ts'
import { simulatedTenants } from '#simulator/index.ts'
import { connectWarehouse } from '#warehouse/client.ts'
import { type Bookmark, readPages } from './traffic-file.ts'

export type WorkerNews =
  | { readonly type: 'ready' }
  | { readonly type: 'fed'; readonly line: number; readonly sent: number }
  | { readonly type: 'drained' }

/** The producer waits while this many messages are not dealt with: kills should meet work of every kind. */
const maxLag = 3_000
/** Messages before the last one noted that the producer tells again after a start: it is not sure of them. */
const toldAgain = 300

const [folder = '', messages = '', progress = '', durability = 'process'] = process.argv.slice(2)
const tell = (news: WorkerNews): void => void process.send?.(news)
process.on('disconnect', () => process.exit(1)) // whoever started us is gone

const claim = claimDataFolder(folder, 'kill run')
if (claim.type === 'busy') throw new Error(`${folder} is in use`)
const config = loadConfig({
  env: {},
  options: { dataDir: folder, durability, tenants: simulatedTenants, 'summaries.silenceSeconds': 900 },
})
const parts = { config, folder: claim.folder, clock: Date.now, logger: createLogger('error') }
const engine = await openEngine(parts)
const pipelines = await startPipelines({
  ...parts,
  ...{ log: engine.log, watch: engine.watch, registry: engine.registry, metrics: engine.metrics },
  connect: () => connectWarehouse({ location: { path: join(folder, 'warehouse') } }),
  tuning: { limits: { lingerMs: 40, waitMs: 100 }, pace: { runningDelayMs: 1_500, dueEveryMs: 500 } },
})
void pipelines.failed.then((error) => {
  throw error
})
const stopped = new Promise<void>((resolve) => process.once('message', () => resolve()))
tell({ type: 'ready' })

await feed()
await pipelines.drained()
tell({ type: 'drained' })
await stopped
await pipelines.stop()
await engine.close()
claim.folder.release()
process.exit(0)

/** Appends page after page, noting each once it is acknowledged. A kill between the two makes duplicates, and no gap. */
async function feed(): Promise<void> {
  const notes = openSync(progress, 'a')
  let sent = 0
  const pageSize = () => 1 + Math.floor(Math.random() * 400)
  for await (const { records, end } of readPages(messages, bookmark(), pageSize)) {
    while ((await engine.watch.lag('calls')).reduce((sum, { lag }) => sum + lag, 0) > maxLag) await sleep(20)
    await engine.log.append(records)
    sent += records.length
    writeSync(notes, `${end.line} ${end.byte}\n`)
    tell({ type: 'fed', line: end.line, sent })
  }
}

function bookmark(): Bookmark {
  const notes = readFileSync(progress, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1)
  const places = notes.map((note) => note.split(' ').map(Number)).map(([line = 0, byte = 0]) => ({ line, byte }))
  const last = places.at(-1)?.line ?? 0
  return places.findLast(({ line }) => line <= last - toldAgain) ?? { line: 0, byte: 0 }
}
