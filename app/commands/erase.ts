import type { Command } from 'commander'
import type { ErasureEntry } from '#collectors/http/ports.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { erasureText, leftOf } from '../text/erasure-steps.ts'
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
      'Stored rows, dead letters and archived objects are written anew without them, lines in Loki are deleted, and no replay brings them back. Says of each store what was done, and by when the rest is gone. Told again, it is done again; see docs/privacy.md.',
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
      await print(parts, options, { tenant, ...report }, (colours) => erasureText(report, colours))
    })

export const erasuresCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'erasures',
    summary: 'who and what was erased (hashes of persons, ids of calls), and where something is left until when',
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
        erasures.length === 0 ? 'Nobody was erased.' : table(erasures, columnsAt(parts.io.now()), colours),
      )
    })

const columnsAt = (nowMs: number): readonly Column<ErasureEntry>[] => [
  { title: 'SEQUENCE', cell: ({ sequence }) => sequence, right: true },
  { title: 'WHAT', cell: ({ kind }) => kind },
  { title: 'SUBJECT', cell: ({ subjects }) => subjects.join(' '), max: 60 },
  { title: 'BY', cell: ({ madeBy }) => madeBy },
  { title: 'TOLD (UTC)', cell: ({ madeMs }) => dateTime(madeMs) },
  { title: 'LEFT', cell: (entry) => leftOf(entry, nowMs) },
]
