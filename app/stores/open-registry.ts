import type { Registry } from '#contracts/registry.ts'
import { createRegistry } from '#registry/registry.ts'
import type { EngineParts } from '../engine.ts'
import { folderFor } from './where.ts'

/** The registry that the configuration names: a PostgreSQL server, or the embedded one in the data folder. */
export async function openRegistry({ folder, clock }: EngineParts): Promise<Registry> {
  return createRegistry({ dataDir: folderFor('postgres.url', folder).part('registry'), clock })
}
