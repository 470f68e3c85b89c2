import type { Command } from 'commander'
import type { LinkDecided, LinkedCall, LinksOfCall } from '#collectors/http/ports.ts'
import type { LinkCut } from '#contracts/registry.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { type Column, printable, table } from '../text/table.ts'
import { aConfiguredCommand, aGroup, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface LinkOptions extends CommonOptions {
  readonly tenant?: string
}

export function linksCommand(parts: CommandParts): Command {
  const command = aGroup({
    name: 'links',
    summary: 'what joins ids to one call, and its correction by hand',
    description:
      'Ids that events name together are one call. Where that is wrong, two ids are cut apart; the last word on a pair decides over all links that were learnt.',
    examples: [
      'links list call-17 --tenant acme --json',
      'links cut call-17 call-18 --tenant acme',
      'links join call-17 call-18',
    ],
  })
  const children = [listCommand(parts), decideCommand(parts, 'cut'), decideCommand(parts, 'join')]
  for (const child of children) command.addCommand(child)
  return command
}

const tenantOption = ['--tenant <id>', 'tenant whose calls they are (setting defaultTenant)'] as const

const listCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'list',
    summary: 'what joins an id to others, and what was cut by hand',
    examples: ['links list call-17 --tenant acme', 'links list trace:4bf92f3577b34da6a3ce929d0e0e4736 --json'],
  })
    .argument('<id>', 'a correlation id, or trace:<trace id>')
    .option(...tenantOption)
    .action(async (id: string, options: LinkOptions) => {
      const { desk, tenant } = deskOf(parts, options)
      const links = await withDesk(desk, (open) => open.desk.links.show(tenant, id))
      await print(parts, options, { tenant, ...links }, (colours) => listText(links, colours))
    })

const decideCommand = (parts: CommandParts, action: 'cut' | 'join'): Command =>
  aConfiguredCommand({
    name: action,
    summary: action === 'cut' ? 'part two ids that are not one call' : 'take a cut back',
    examples: [`links ${action} call-17 call-18 --tenant acme`, `links ${action} call-17 call-18 --json`],
  })
    .argument('<id>', 'a correlation id')
    .argument('<other>', 'another one')
    .option(...tenantOption)
    .action(async (a: string, b: string, options: LinkOptions) => {
      if (a === b) throw new CommandError('usage', 'other: must be another id than the first')
      const { desk, tenant } = deskOf(parts, options)
      const decided = await withDesk({ ...desk, writes: true }, async (open) => {
        const done = await open.desk.links.decide({ tenant, a, b, action })
        await open.settle()
        return done
      })
      await print(parts, options, { tenant, ...decided }, () => decidedText(action, decided))
    })

function deskOf(parts: CommandParts, options: LinkOptions) {
  const config = configFor(parts, options)
  return { desk: { config, command: 'links', now: parts.io.now }, tenant: options.tenant ?? config.defaultTenant }
}

function decidedText(action: 'cut' | 'join', { calls, announced, wereOne }: LinkDecided): string {
  const together = calls.length < 2
  const still =
    action === 'cut' && together
      ? '\nThey are one call still, by way of other members: cut those that join them, too.'
      : ''
  const needless = action === 'cut' && !wereOne ? '\nThey were two calls already: no link will join these two.' : ''
  const apart = action === 'join' && !together ? '\nNothing else joins them: they are two calls.' : ''
  return `${calls.map(callText).join('\n')}${still}${needless}${apart}\n${announced} ids are computed anew.`
}

const callText = ({ id, members }: LinkedCall): string =>
  printable(
    `call ${id}: ${members.slice(0, 20).join(', ')}${members.length > 20 ? ` and ${members.length - 20} more` : ''}`,
  )

function listText({ calls, cuts }: LinksOfCall, colours: Parameters<typeof table>[2]): string {
  const joined = calls.flatMap((call) => [
    callText(call),
    ...Object.entries(call.links).map(([kind, values]) => printable(`  ${kind}: ${values.slice(0, 10).join(', ')}`)),
  ])
  const byHand = cuts.length === 0 ? 'Nothing was cut by hand.' : table(cuts, columns, colours)
  return `${joined.length === 0 ? 'No call.' : joined.join('\n')}\n\n${byHand}`
}

const columns: readonly Column<LinkCut>[] = [
  { title: 'SEQUENCE', cell: ({ sequence }) => sequence, right: true },
  { title: 'BY HAND', cell: ({ action }) => action },
  { title: 'ID', cell: ({ a }) => a, max: 60 },
  { title: 'AND', cell: ({ b }) => b, max: 60 },
]
