import { readFileSync } from 'node:fs'
import type { Registry } from '#contracts/registry.ts'
import type { Database } from '#registry/database.ts'
import { pgAddress } from '#registry/pg-address.ts'
import { openPgDatabase } from '#registry/pg-database.ts'
import { createRegistry, registryOn } from '#registry/registry.ts'
import type { Config } from '../config.ts'
import type { EngineParts } from '../engine.ts'
import { CommandError } from '../exit-codes.ts'
import { onDisk } from './disk-trouble.ts'
import { folderFor, fromSettings } from './where.ts'

/** The registry that the configuration names: a PostgreSQL server, or the embedded one in the data folder. */
export async function openRegistry({ config, folder, clock, logger }: EngineParts): Promise<Registry> {
  if (config.postgres.url !== undefined) {
    const onLostConnection = (error: Error) =>
      logger.warn({ cause: error.message }, 'a connection to the registry was lost; the next statement opens another')
    return registryOn(await openPostgres(config, onLostConnection), clock)
  }
  const dataDir = folderFor('postgres.url', folder).part('registry')
  return onDisk({ store: 'the registry', folder: dataDir }, () => createRegistry({ dataDir, clock }))
}

/** The database alone, as it stands. */
export function openPostgres(
  { postgres }: Pick<Config, 'postgres'>,
  onLostConnection: (error: Error) => void = () => undefined,
): Promise<Database> {
  const { url, password, caFile, tls, connections } = postgres
  if (url === undefined) throw new CommandError('usage', 'postgres.url is not set')
  fromSettings(() => pgAddress(url))
  const ca = caFile === undefined ? undefined : readCa(caFile)
  return openPgDatabase({ url, password, tls, ca, connections, onLostConnection })
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError('usage', `postgres.caFile: cannot read it: ${(error as Error).message}`)
  }
}
