import { readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { ProfileEntry } from '#collectors/http/ports.ts'
import { type QualityProfile, qualityProfile } from '#quality/profile.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { dateTime } from '../text/format.ts'
import { type Column, table } from '../text/table.ts'
import {
  aConfiguredCommand,
  aGroup,
  type CommandParts,
  type CommonOptions,
  configFor,
  print,
  timeOption,
} from './command.ts'

interface ProfileOptions extends CommonOptions {
  readonly tenant?: string
}

interface SetOptions extends ProfileOptions {
  readonly file: string
  readonly validFrom?: string
}

export function profilesCommand(parts: CommandParts): Command {
  const command = aGroup({
    name: 'profiles',
    summary: "quality profiles: by what limits a tenant's calls are judged",
    description:
      'A minute is scored by the profile that holds at its time, a call is judged by the one that holds at its start. Before its first profile a tenant has the default.',
    examples: [
      'profiles list --tenant acme --json',
      'profiles show teams-cqd-1 > acme.json',
      'profiles set --tenant acme --file acme.json --valid-from 2026-06-01T00:00:00Z',
    ],
  })
  for (const child of [listCommand(parts), showCommand(parts), setCommand(parts)]) command.addCommand(child)
  return command
}

const tenantOption = ['--tenant <id>', 'tenant whose calls they judge (setting defaultTenant)'] as const

const listCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'list',
    summary: "a tenant's profiles, oldest first, and vendors' ready ones",
    examples: ['profiles list --tenant acme', 'profiles list --tenant acme --json'],
  })
    .option(...tenantOption)
    .action(async (options: ProfileOptions) => {
      const { desk, tenant } = deskOf(parts, options)
      const list = await withDesk(desk, (open) => open.desk.profiles.list(tenant))
      await print(
        parts,
        options,
        { tenant, ...list },
        (colours) =>
          `${table(list.profiles, columns, colours)}\n\nReady to be shown, changed and set:\n${table(list.ready, readyColumns, colours)}`,
      )
    })

const showCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'show',
    summary: 'one profile, as "profiles set" takes it',
    examples: ['profiles show default-1', 'profiles show gold-2 --tenant acme --json'],
  })
    .argument('<version>', 'as listed')
    .option(...tenantOption)
    .action(async (version: string, options: ProfileOptions) => {
      const { desk, tenant } = deskOf(parts, options)
      const profile = await withDesk(desk, (open) => open.desk.profiles.show(tenant, version))
      if (profile === undefined)
        throw new CommandError('notFound', `there is no profile "${version}": "callscope profiles list" names them`)
      await print(parts, options, profile, () => JSON.stringify(profile, null, 2))
    })

const setCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'set',
    summary: 'judge a tenant by a profile from some time on',
    description:
      'Stores the profile and judges anew, in the background, what it holds for. A version is told once: a changed profile needs another.',
    examples: ['profiles set --tenant acme --file acme.json', 'profiles set --file strict.json --valid-from 7d'],
  })
    .requiredOption('--file <file>', 'JSON file with the profile')
    .option(...tenantOption)
    .option('--valid-from <time>', 'calls from then on: a date-time, or how long ago (90m, 24h, 7d); default now')
    .action(async (options: SetOptions) => {
      const validFromMs = timeOption(parts.io, '--valid-from', options.validFrom)
      const profile = readProfile(options.file)
      const { desk, tenant } = deskOf(parts, options)
      const done = await withDesk({ ...desk, writes: true }, async (open) => {
        const set = await open.desk.profiles.set({ tenant, profile, validFromMs })
        await open.settle()
        return set
      })
      await print(
        parts,
        options,
        { tenant, ...done },
        () =>
          `${tenant} is judged by ${done.version} from ${dateTime(done.validFromMs)} UTC on; ${done.calls} calls are judged anew.`,
      )
    })

function deskOf(parts: CommandParts, options: ProfileOptions) {
  const config = configFor(parts, options)
  return {
    desk: { config, command: 'profiles', now: parts.io.now },
    tenant: options.tenant ?? config.defaultTenant,
  }
}

/** More than any profile is. */
const maxFileBytes = 262_144

function readProfile(file: string): QualityProfile {
  let parsed: unknown
  try {
    if (statSync(file).size > maxFileBytes) throw new Error('it is larger than 256 KiB')
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandError('usage', `--file: cannot read ${file} as JSON: ${(error as Error).message}`)
  }
  const result = qualityProfile.safeParse(parsed)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : []
    const field = [...issue.path, ...keys.slice(0, 1)].join('.') || '(whole)'
    return `\n  ${field}: ${keys.length > 0 ? 'is not a known field: remove it' : issue.message}`
  })
  throw new CommandError('refused', `${file} is no quality profile:${problems.join('')}`)
}

const columns: readonly Column<ProfileEntry>[] = [
  { title: 'VERSION', cell: ({ version }) => version },
  {
    title: 'VALID FROM (UTC)',
    cell: ({ validFromMs }) => (validFromMs === 0 ? 'the beginning' : dateTime(validFromMs)),
  },
  { title: '', cell: ({ current }) => (current ? 'now' : '') },
]
const readyColumns: readonly Column<{ readonly version: string; readonly vendor: string; readonly source: string }>[] =
  [
    { title: 'VERSION', cell: ({ version }) => version },
    { title: 'VENDOR', cell: ({ vendor }) => vendor },
    { title: 'SOURCE', cell: ({ source }) => source, max: 100 },
  ]
