import type { Command } from 'commander'
import type { ErasureEntry, ErasureReport } from '#collectors/http/ports.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { dateTime } from '../text/format.ts'
import { type Column, table } from '../text/table.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface EraseOptions extends CommonOptions {
  readonly tenant?: string
  readonly party?: string
  readonly call?: string
}

const tenantOption = ['--tenant <id>', 'tenant whose person it is (setting defaultTenant)'] as const

export const eraseCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'erase',
    summary: 'forget a person, or everybody in a call',
    description:
      'Stored rows are written anew without them, and no replay brings them back. Told again, it is done again. What it does not reach (the log itself, dead letters, archives, Loki, Tempo) is said in docs/privacy.md.',
    examples: [
      'erase --tenant acme --party +493012345678',
      'erase --tenant acme --party sip:alice@example.com --json',
      'erase --call call-17',
    ],
  })
    .option(...tenantOption)
    .option('--party <who>', 'a number, a SIP URI, an address or a name')
    .option('--call <id>', 'a correlation id')
    .action(async (options: EraseOptions) => {
      const { party, call } = options
      if ((party === undefined) === (call === undefined))
        throw new CommandError('usage', '--party, --call: give one of them')
      const config = configFor(parts, options)
      const tenant = options.tenant ?? config.defaultTenant
      const report = await withDesk(
        { config, command: 'erase', now: parts.io.now, writes: true },
        async ({ desk, settle }) => {
          const done = await desk.erasures.erase({ tenant, party, call })
          await settle()
          return done
        },
      )
      await print(parts, options, { tenant, ...report }, () => reportText(report))
    })

export const erasuresCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'erasures',
    summary: 'who and what was erased: hashes of persons, ids of calls',
    examples: ['erasures --tenant acme', 'erasures --json'],
  })
    .option(...tenantOption)
    .action(async (options: EraseOptions) => {
      const config = configFor(parts, options)
      const tenant = options.tenant ?? config.defaultTenant
      const erasures = await withDesk({ config, command: 'erasures', now: parts.io.now }, ({ desk }) =>
        desk.erasures.list(tenant),
      )
      await print(parts, options, { tenant, erasures }, (colours) =>
        erasures.length === 0 ? 'Nobody was erased.' : table(erasures, columns, colours),
      )
    })

function reportText({ calls, rows, purged }: ErasureReport): string {
  const changed = Object.entries(rows).filter(([, count]) => count > 0)
  const what = changed.map(([name, count]) => `${name}: ${count} rows`).join('\n')
  const left = purged ? '' : '\nOlder versions of some records still lie in the store: tell it again in a minute.'
  return `${what === '' ? 'No stored row named them.' : what}\n${calls} ids are computed anew.${left}`
}

const columns: readonly Column<ErasureEntry>[] = [
  { title: 'SEQUENCE', cell: ({ sequence }) => sequence, right: true },
  { title: 'WHAT', cell: ({ kind }) => kind },
  { title: 'SUBJECT', cell: ({ subjects }) => subjects.join(' '), max: 60 },
  { title: 'BY', cell: ({ madeBy }) => madeBy },
  { title: 'TOLD (UTC)', cell: ({ madeMs }) => dateTime(madeMs) },
]
