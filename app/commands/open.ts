import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { serverOf, tokenOf } from '../data-folder.ts'
import { CommandError } from '../exit-codes.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

export function openCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'open',
    summary: "print the page's address, with the right to import and to see every tenant",
    description:
      'Prints the address of the page that a running "callscope up" serves, with the administrator token in the part of the address that no browser sends. Whoever has it may do everything: do not pass it on.',
    examples: ['open', 'open --data-dir /var/lib/callscope'],
  }).action((options: CommonOptions) => open(parts, options))
}

async function open(parts: CommandParts, options: CommonOptions): Promise<void> {
  const config = configFor(parts, options)
  const server = serverOf(config.dataDir)
  if (server === undefined)
    throw new CommandError(
      'notFound',
      `nothing runs on ${config.dataDir}: start it with "callscope up", or name another folder with --data-dir`,
    )
  const token = tokenFor(config)
  if (token === undefined)
    throw new CommandError('failed', `the administrator token of ${config.dataDir} cannot be read: are you its owner?`)
  const url = `${server.url}/#token=${encodeURIComponent(token)}`
  await print(parts, options, { url }, () => url)
}

function tokenFor({ adminTokenFile, dataDir }: Config): string | undefined {
  if (adminTokenFile === undefined) return tokenOf(dataDir)
  try {
    return readFileSync(adminTokenFile, 'utf8').trim() || undefined
  } catch {
    return undefined // not there, or not ours to read: both mean that we cannot show it
  }
}
