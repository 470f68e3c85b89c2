import type { Command } from 'commander'
import { busyMessage, claimDataFolder } from '../data-folder.ts'
import { openEngine } from '../engine.ts'
import { CommandError } from '../exit-codes.ts'
import { createLogger } from '../logger.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

export function migrateCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'migrate',
    summary: 'bring the stores up to date',
    description:
      'Applies the migrations that the warehouse and the registry lack. "up" and every other command that opens the folder do the same; this one does nothing else.',
    examples: ['migrate', 'migrate --data-dir /var/lib/callscope --json'],
  }).action(async (options: CommonOptions) => {
    const config = configFor(parts, options)
    const claim = claimDataFolder(config.dataDir, 'migrate')
    if (claim.type === 'busy') throw new CommandError('busy', busyMessage(config.dataDir, claim))
    try {
      const engine = await openEngine({
        config,
        folder: claim.folder,
        clock: parts.io.now,
        logger: createLogger(config.logLevel),
      })
      await engine.close()
      const { migrated } = engine
      await print(parts, options, { applied: migrated }, () =>
        migrated.length === 0 ? 'Up to date.' : `Applied ${migrated.join(', ')}.`,
      )
    } finally {
      claim.folder.release()
    }
  })
}
