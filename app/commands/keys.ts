import { type Command, Option } from 'commander'
import type { KeyEntry } from '#collectors/http/key-port.ts'
import type { Role } from '#contracts/registry.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import type { CommandIo } from '../io.ts'
import { dateTime } from '../text/format.ts'
import { type Column, table } from '../text/table.ts'
import { aConfiguredCommand, aGroup, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface CreateOptions extends CommonOptions {
  readonly tenant: string
  readonly role: Role
  readonly label?: string
  readonly expires?: string
}

export function keysCommand(parts: CommandParts): Command {
  const command = aGroup({
    name: 'keys',
    summary: 'API keys of tenants',
    examples: [
      'keys create --tenant acme --role ingest --label sbc-1 --expires 90d',
      'keys list --json',
      'keys revoke key_5f0c61d2a97b43e8',
    ],
  })
  for (const child of [createCommand(parts), listCommand(parts), revokeCommand(parts)]) command.addCommand(child)
  return command
}

const createCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'create',
    summary: 'make a key; it is shown once',
    examples: ['keys create --tenant acme --role ingest --label sbc-1 --expires 90d'],
  })
    .requiredOption('--tenant <id>', 'tenant it speaks for')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['ingest', 'reader', 'administrator']).default('ingest'),
    )
    .option('--label <text>', 'who uses it')
    .option('--expires <when>', 'when it ends: how long from now (12h, 90d) or a date-time; without it, never')
    .action(async (options: CreateOptions) => {
      const { tenant, role, label = role } = options
      const expiresMs = endOption(parts.io, options.expires)
      const made = await withDesk(
        { config: configFor(parts, options), command: 'keys', now: parts.io.now },
        ({ desk }) => desk.keys.create({ tenant, role, label, expiresMs }),
      )
      if (made === undefined)
        throw new CommandError('notFound', `there is no tenant "${tenant}": add it to "tenants" in the configuration`)
      await print(
        parts,
        options,
        { ...made, tenant, role, label },
        (colours) =>
          `${colours.bold(made.key)}\nKeep it: it is not stored, and not shown again. Send it as "Authorization: Bearer ${made.key.slice(0, 8)}…".\nIts id is ${made.id}: "callscope keys revoke ${made.id}" ends it${expiresMs === undefined ? '' : `, and so does ${dateTime(expiresMs)} UTC`}.`,
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

const revokeCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'revoke',
    summary: 'end a key now, by its id',
    description: 'Ends a key. Every process refuses it within five seconds; open live lists end, too.',
    examples: ['keys revoke key_5f0c61d2a97b43e8'],
  })
    .argument('<id>', 'id of the key, as "keys list" shows it')
    .action(async (id: string, options: CommonOptions) => {
      const revoked = await withDesk(
        { config: configFor(parts, options), command: 'keys', now: parts.io.now },
        ({ desk }) => desk.keys.revoke(id),
      )
      if (revoked === undefined)
        throw new CommandError('notFound', `there is no key "${id}": "callscope keys list" shows their ids`)
      await print(
        parts,
        options,
        revoked,
        () => `${id} is revoked since ${dateTime(revoked.revokedMs)} UTC: it opens nothing.`,
      )
    })

/** `90d` from now or a date-time, as epoch milliseconds; undefined without one. */
function endOption(io: CommandIo, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ahead = /^(\d{1,6})(h|d)$/.exec(text)
  const atMs =
    ahead === null ? Date.parse(text) : io.now() + Number(ahead[1]) * (ahead[2] === 'h' ? 3_600_000 : 86_400_000)
  if (atMs > io.now() && atMs <= io.now() + 3_650 * 86_400_000) return atMs
  throw new CommandError(
    'usage',
    '--expires: must be a date-time that is to come (2027-01-31T10:00:00Z), or how long from now (12h, 90d)',
  )
}

const columns: readonly Column<KeyEntry>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'TENANT', cell: ({ tenant }) => tenant },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'LABEL', cell: ({ label }) => label },
  { title: 'CREATED (UTC)', cell: ({ createdMs }) => dateTime(createdMs) },
  { title: 'EXPIRES (UTC)', cell: ({ expiresMs }) => dateTime(expiresMs) ?? 'never' },
  { title: 'LAST USED (UTC)', cell: ({ lastUsedMs }) => dateTime(lastUsedMs) ?? 'never' },
  { title: 'STATE', cell: ({ state }) => state },
]
