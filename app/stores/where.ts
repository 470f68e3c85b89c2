import type { Config } from '../config.ts'
import type { DataFolder } from '../data-folder.ts'
import { CommandError } from '../exit-codes.ts'

/** Settings that take each store out of the data folder. */
export const remoteSettings = {
  log: 'kafka.brokers',
  warehouse: 'clickhouse.url',
  registry: 'postgres.url',
} as const

/** Stores that lie in the data folder, by the settings that would take them out of it. */
export const embeddedStores = ({ kafka, clickhouse, postgres }: Config): readonly string[] => [
  ...(kafka.brokers.length === 0 ? [remoteSettings.log] : []),
  ...(clickhouse.url === undefined ? [remoteSettings.warehouse] : []),
  ...(postgres.url === undefined ? [remoteSettings.registry] : []),
]

/** Several processes share an install only where no store lies in a folder, which has one owner. */
export const isShared = (config: Config): boolean => embeddedStores(config).length === 0

/** The folder for a store that the configuration does not place elsewhere. */
export function folderFor(setting: string, folder: DataFolder | undefined): DataFolder {
  if (folder !== undefined) return folder
  throw new CommandError('usage', `${setting} is not set, and this command has no data folder: set it`)
}

/** For commands of which several run at once. */
export function requireShared(config: Config, command: string): void {
  const missing = embeddedStores(config)
  if (missing.length === 0) return
  throw new CommandError(
    'usage',
    `callscope ${command} works on shared stores, and ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: set ${missing.length === 1 ? 'it' : 'them'}, or run everything in one process with "callscope up"`,
  )
}

/** Makes what only settings can keep from being made: what it throws names the setting, and waiting does not mend it. */
export function fromSettings<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    throw new CommandError('usage', error instanceof Error ? error.message : 'a setting is wrong')
  }
}
