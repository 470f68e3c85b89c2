import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import { createRegistry } from '#registry/registry.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import { createFolderStore } from '#sinks/archive/folder-store.ts'
import { readParquet } from '#sinks/archive/read-parquet.ts'

export const archiveTopics: readonly string[] = ['call-events', 'app-logs']
/** A third of the messages names nobody. */
export const archiveTenants: readonly string[] = ['acme', 'globex']

export type ArchiveStores = Awaited<ReturnType<typeof openArchiveStores>>

/** Log, registry and archive of a folder. */
export async function openArchiveStores(folder: string, clock: () => number = Date.now) {
  return {
    log: createEmbeddedLog({
      path: join(folder, 'log.sqlite'),
      topics: archiveTopics.map((name) => ({ name, partitions: 2, retentionMs: 86_400_000 })),
      clock,
      durability: 'process',
    }),
    registry: await createRegistry({ dataDir: join(folder, 'registry'), clock }),
    store: createFolderStore({ folder: join(folder, 'objects'), unique: randomUUID }),
  }
}

/** Where a message was, and what it was. */
export const told = (record: LogRecord): string =>
  [record.topic, record.partition, record.offset, record.logTimeMs, record.key, textOf(record)].join(' ')

/** Every message of the log, and every message of the archive, each as often as it is there. */
export async function compare({ log, registry, store }: ArchiveStores, spool: string) {
  const sent: string[] = []
  for (const topic of archiveTopics)
    for (const { start, ...place } of await log.extent(topic))
      sent.push(...(await log.read({ ...place, offset: start }, 100_000)).map(told))
  const kept: string[] = []
  for await (const object of registry.archive.objects({})) {
    const fetched = await fetchObject(store, object, spool)
    if (fetched.type !== 'fetched') throw new Error(`${object.key}: ${fetched.type}`)
    for await (const group of readParquet(spool)) kept.push(...group.map(told))
  }
  const known = new Set(kept)
  return { sent: sent.length, kept: kept.length, lost: sent.filter((one) => !known.has(one)) }
}
