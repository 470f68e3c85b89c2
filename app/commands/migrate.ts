import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { busyMessage, claimDataFolder, type DataFolder } from '../data-folder.ts'
import { openEngine } from '../engine.ts'
import { CommandError } from '../exit-codes.ts'
import { createLogger } from '../logger.ts'
import { isShared } from '../stores/where.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

export function migrateCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'migrate',
    summary: 'bring the stores up to date',
    description:
      'Applies the migrations that the warehouse and the registry lack. On embedded stores "up" and every other command do the same; shared ones are brought up to date by this command alone, and everybody else waits for it.',
    examples: ['migrate', 'migrate --data-dir /var/lib/callscope --json'],
  }).action(async (options: CommonOptions) => {
    const config = configFor(parts, options)
    const migrated = isShared(config) ? await migrate(parts, config, undefined) : await migrateFolder(parts, config)
    await print(parts, options, { applied: migrated }, () =>
      migrated.length === 0 ? 'Up to date.' : `Applied ${migrated.join(', ')}.`,
    )
  })
}

async function migrateFolder(parts: CommandParts, config: Config): Promise<readonly string[]> {
  const claim = claimDataFolder(config.dataDir, 'migrate')
  if (claim.type === 'busy') throw new CommandError('busy', busyMessage(config.dataDir, claim))
  try {
    return await migrate(parts, config, claim.folder)
  } finally {
    claim.folder.release()
  }
}

async function migrate(
  { io }: CommandParts,
  config: Config,
  folder: DataFolder | undefined,
): Promise<readonly string[]> {
  const logger = createLogger(config.logLevel)
  const engine = await openEngine({ config, folder, clock: io.now, logger, migrates: true })
  await engine.close()
  return engine.migrated
}
