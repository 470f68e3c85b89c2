import { type Command, Option } from 'commander'
import type { KeyEntry } from '#collectors/http/ports.ts'
import type { Role } from '#contracts/registry.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { dateTime } from '../text/format.ts'
import { type Column, table } from '../text/table.ts'
import { aConfiguredCommand, aGroup, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface CreateOptions extends CommonOptions {
  readonly tenant: string
  readonly role: Role
  readonly label?: string
}

export function keysCommand(parts: CommandParts): Command {
  const command = aGroup({
    name: 'keys',
    summary: 'API keys of tenants',
    examples: ['keys create --tenant acme --role ingest --label sbc-1', 'keys list --json'],
  })
  for (const child of [createCommand(parts), listCommand(parts)]) command.addCommand(child)
  return command
}

const createCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'create',
    summary: 'make a key; it is shown once',
    examples: ['keys create --tenant acme --role ingest --label sbc-1'],
  })
    .requiredOption('--tenant <id>', 'tenant it speaks for')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['ingest', 'reader', 'administrator']).default('ingest'),
    )
    .option('--label <text>', 'who uses it')
    .action(async (options: CreateOptions) => {
      const { tenant, role, label = role } = options
      const key = await withDesk(
        { config: configFor(parts, options), command: 'keys', now: parts.io.now },
        ({ desk }) => desk.keys.create({ tenant, role, label }),
      )
      if (key === undefined)
        throw new CommandError('notFound', `there is no tenant "${tenant}": add it to "tenants" in the configuration`)
      await print(
        parts,
        options,
        { key, tenant, role, label },
        (colours) =>
          `${colours.bold(key)}\nKeep it: it is not stored, and not shown again. Send it as "Authorization: Bearer ${key.slice(0, 8)}…".`,
      )
    })

const listCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'list',
    summary: 'list keys, without the keys themselves',
    examples: ['keys list'],
  }).action(async (options: CommonOptions) => {
    const keys = await withDesk({ config: configFor(parts, options), command: 'keys', now: parts.io.now }, ({ desk }) =>
      desk.keys.list(),
    )
    await print(parts, options, { keys }, (colours) =>
      keys.length === 0 ? 'No keys yet.' : table(keys, columns, colours),
    )
  })

const columns: readonly Column<KeyEntry>[] = [
  { title: 'TENANT', cell: ({ tenant }) => tenant },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'LABEL', cell: ({ label }) => label },
  { title: 'CREATED (UTC)', cell: ({ createdMs }) => dateTime(createdMs) },
]
