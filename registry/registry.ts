import { join } from 'node:path'
import type { Clock } from '#contracts/clock.ts'
import type { Registry } from '#contracts/registry.ts'
import { createArchiveIndex } from './archive-index.ts'
import { createArchiveRewriting } from './archive-rewriting.ts'
import { createAuditMarkStore } from './audit-mark-store.ts'
import { createCensusProgress } from './census-progress.ts'
import type { Database } from './database.ts'
import { createErasureStore } from './erasure-store.ts'
import { createKeyEnds } from './key-ends.ts'
import { createLinkCutStore } from './link-cut-store.ts'
import { migrate } from './migrate.ts'
import { readMigrations } from './migrations.ts'
import { openPgliteDatabase } from './pglite-database.ts'
import { createProfileStore } from './profile-store.ts'
import { createRunStore } from './run-store.ts'
import { createTenantDirectory } from './tenant-directory.ts'
import { createVersionSequence } from './version-sequence.ts'
import { createWatermarkReaders } from './watermark-readers.ts'
import { createWatermarkStore } from './watermark-store.ts'

export const migrationsFolder: string = join(import.meta.dirname, 'migrations')

export interface RegistryOptions {
  /** Folder of the embedded Postgres, made if missing. Undefined: in memory, gone at close. One process at a time. */
  readonly dataDir: string | undefined
  readonly clock: Clock
}

/** The registry on the Postgres that comes with the program, brought up to date. */
export async function createRegistry({ dataDir, clock }: RegistryOptions): Promise<Registry> {
  return registryOn(await openPgliteDatabase(dataDir), clock)
}

/** The registry on any Postgres, brought up to date. Closes the database with itself, or when it cannot be used. */
export async function registryOn(database: Database, clock: Clock): Promise<Registry> {
  try {
    await migrate(database, await readMigrations(migrationsFolder), clock)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    tenants: createTenantDirectory(database, clock),
    keyEnds: createKeyEnds(database, clock),
    versions: createVersionSequence(database),
    watermarks: createWatermarkStore(database),
    watermarkReaders: createWatermarkReaders(database),
    censusProgress: createCensusProgress(database),
    cuts: createLinkCutStore(database, clock),
    runs: createRunStore(database),
    profiles: createProfileStore(database, clock),
    erasures: createErasureStore(database, clock),
    archive: createArchiveIndex(database),
    auditMarks: createAuditMarkStore(database),
    rewriting: createArchiveRewriting(database, clock),
    close: () => database.close(),
  }
}
