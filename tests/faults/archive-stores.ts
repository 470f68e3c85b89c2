import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { createRegistry } from '#registry/registry.ts'
import { createFolderStore } from '#sinks/archive/folder-store.ts'

export const archiveTopics: readonly string[] = ['call-events', 'app-logs']
/** A third of the messages names nobody. */
export const archiveTenants: readonly string[] = ['acme', 'globex']

/** Log, registry and archive of a folder. */
export async function openArchiveStores(folder: string) {
  return {
    log: createEmbeddedLog({
      path: join(folder, 'log.sqlite'),
      topics: archiveTopics.map((name) => ({ name, partitions: 2, retentionMs: 86_400_000 })),
      clock: Date.now,
      durability: 'process',
    }),
    registry: await createRegistry({ dataDir: join(folder, 'registry'), clock: Date.now }),
    store: createFolderStore({ folder: join(folder, 'objects'), unique: randomUUID }),
  }
}
