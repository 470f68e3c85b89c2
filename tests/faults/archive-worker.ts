/**
 * Child process of `archive-kills.test.ts`: appends messages to the log of a folder and archives it, until it is killed, by
 * itself or by its parent; without a moment to die at, until all of it is archived.
 * Usage: fork(archive-worker.ts, [JSON of ArchiveOrder])
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog, Membership } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { createArchivePipeline } from '#pipelines/archive.ts'
import { writeParquet } from '#sinks/archive/write-parquet.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { archiveTenants, archiveTopics, openArchiveStores } from './archive-stores.ts'

export type ArchiveWrite = 'object' | 'index' | 'commit'

export interface ArchiveOrder {
  readonly folder: string
  /** What this life appends, in some hundred milliseconds. */
  readonly messages: number
  readonly life: number
  /** Dies at the nth of these writes. */
  readonly death: { readonly when: 'before' | 'after'; readonly write: ArchiveWrite; readonly nth: number } | undefined
}

const order = JSON.parse(process.argv[2] ?? '') as ArchiveOrder
process.on('disconnect', () => process.exit(1))

const left = new Map<ArchiveWrite, number>()
async function around<Result>(write: ArchiveWrite, carryOut: () => Promise<Result>): Promise<Result> {
  const { death } = order
  const nth = (left.get(write) ?? 0) + 1
  left.set(write, nth)
  if (death?.write !== write || death.nth !== nth) return carryOut()
  if (death.when === 'after') await carryOut()
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined) // the signal is on its way: nothing more may be done
}

const { log, registry, store } = await openArchiveStores(order.folder)

const watchedLog: EventLog = {
  ...log,
  async join(options) {
    const membership: Membership = await log.join(options)
    return { ...membership, commit: (offsets, at) => around('commit', () => membership.commit(offsets, at)) }
  },
}
const stopping = new AbortController()
const running = createArchivePipeline({
  log: watchedLog,
  topics: archiveTopics,
  store: { put: (object) => around('object', () => store.put(object)) },
  index: { ...registry.archive, add: (cut, objects) => around('index', () => registry.archive.add(cut, objects)) },
  encode: writeParquet,
  deadLetter: deadLetters,
  clock: Date.now,
  tenants: () => new Set(archiveTenants),
  observer: { records() {}, retry() {} },
  rules: { windowMs: 200, maxBytes: 6_000, maxTotalBytes: 1_000_000, retentionMs: 1_000 },
  limits: { maxRecords: 40, maxBytes: 1_000_000, waitMs: 20 },
}).run(stopping.signal)

for (let at = 0; at < order.messages; at += 10) {
  const batch = Array.from({ length: 10 }, (_, n) => {
    const text = `${order.life}/${at + n}`
    const tenant = archiveTenants[n % 3]
    const headers: Record<string, string> = tenant === undefined ? {} : { [recordHeaders.tenant]: tenant }
    return { topic: archiveTopics[n % 2] ?? '', key: text, headers, value: text.repeat(20) }
  })
  await log.append(batch)
  await sleep(10)
}
const places = (await Promise.all(archiveTopics.map((topic) => log.extent(topic)))).flat()
for (const place of places)
  while (place.end > 0 && (await registry.archive.last(place))?.toOffset !== place.end) await sleep(50)
stopping.abort()
await running
await registry.close()
await log.close()
process.exit(0)
