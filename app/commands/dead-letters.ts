import type { Command } from 'commander'
import type { DeadLetter, ShownLetter } from '#contracts/dead-letters.ts'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { dateTime } from '../text/format.ts'
import { type Column, printable, table } from '../text/table.ts'
import {
  aConfiguredCommand,
  aGroup,
  type CommandParts,
  type CommonOptions,
  configFor,
  numberOption,
  print,
} from './command.ts'

interface ListOptions extends CommonOptions {
  readonly limit: number
  readonly cursor?: string
}

export function deadLettersCommand(parts: CommandParts): Command {
  const command = aGroup({
    name: 'dead-letters',
    summary: 'messages that were refused for good',
    description: 'Messages that no pipeline could take, with the reason and the fix. Kept for a month.',
    examples: ['dead-letters list --json', 'dead-letters show 0-17', 'dead-letters replay 0-17'],
  })
  for (const child of [listCommand(parts), showCommand(parts), replayCommand(parts)]) command.addCommand(child)
  return command
}

const listCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'list',
    summary: 'list them, latest first',
    examples: ['dead-letters list --limit 100', 'dead-letters list --json'],
  })
    .option('--limit <n>', 'most letters to show', numberOption(1, 1_000, { integer: true }), 20)
    .option('--cursor <cursor>', 'next page: nextCursor of the one before')
    .action(async (options: ListOptions) => {
      const { limit, cursor } = options
      const page = await withDesk(deskOf(parts, options), ({ desk }) =>
        desk.deadLetters.list(cursor === undefined ? { limit } : { limit, cursor }),
      )
      await print(parts, options, page, (colours) => {
        if (page.letters.length === 0) return 'No dead letters.'
        return `${table(page.letters, columns, colours)}${page.nextCursor === undefined ? '' : `\nMore: --cursor ${page.nextCursor}`}`
      })
    })

const showCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({ name: 'show', summary: 'one of them, with its message', examples: ['dead-letters show 0-17'] })
    .argument('<id>', 'as listed')
    .action(async (id: string, options: CommonOptions) => {
      const letter = await withDesk(deskOf(parts, options), ({ desk }) => desk.deadLetters.show(id))
      if (letter === undefined) throw missing(id)
      await print(parts, options, letter, () => letterText(letter))
    })

const replayCommand = (parts: CommandParts): Command =>
  aConfiguredCommand({
    name: 'replay',
    summary: 'send one again where it came from',
    examples: ['dead-letters replay 0-17'],
  })
    .argument('<id>', 'as listed')
    .action(async (id: string, options: CommonOptions) => {
      const outcome = await withDesk({ ...deskOf(parts, options), writes: true }, async ({ desk, settle }) => {
        const replayed = await desk.deadLetters.replay(id)
        if (replayed === 'replayed') await settle()
        return replayed
      })
      if (outcome === 'not_found') throw missing(id)
      if (outcome === 'cut')
        throw new CommandError('refused', `only the beginning of ${id} was kept: it cannot be sent again`)
      if (outcome === 'erased')
        throw new CommandError('refused', `the message of ${id} named somebody who was erased: it cannot be sent again`)
      await print(
        parts,
        options,
        { replayed: id },
        () => `${id} was appended again. If it is refused again, it makes a new dead letter.`,
      )
    })

const deskOf = (parts: CommandParts, options: CommonOptions) => ({
  config: configFor(parts, options),
  command: 'dead-letters',
  now: parts.io.now,
})
const missing = (id: string): CommandError =>
  new CommandError('notFound', `there is no dead letter "${id}": "callscope dead-letters list" names them`)

const columns: readonly Column<DeadLetter>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'AT (UTC)', cell: ({ atMs }) => dateTime(atMs) },
  { title: 'REASON', cell: ({ reason }) => reason },
  { title: 'PARTS', cell: ({ refused }) => refused, right: true },
  { title: 'PIPELINE', cell: ({ pipeline }) => pipeline },
  { title: 'TOPIC', cell: ({ topic }) => topic },
  { title: 'WHAT AND HOW TO FIX IT', cell: ({ detail }) => detail, max: 100 },
]

function letterText({
  id,
  atMs,
  reason,
  detail,
  pipeline,
  topic,
  partition,
  offset,
  tenant,
  refused,
  whole,
  erased,
  body,
}: ShownLetter): string {
  const facts = [
    `id        ${id}`,
    `at        ${dateTime(atMs)} UTC`,
    `reason    ${reason}${refused > 1 ? ` (${refused} parts of the message)` : ''}`,
    `detail    ${printable(detail)}`,
    `pipeline  ${pipeline}`,
    `from      ${topic}${partition < 0 ? ' (refused at the edge)' : `/${partition} at ${offset}`}`,
    `tenant    ${tenant ?? '-'}`,
  ]
  if (erased) return `${facts.join('\n')}\n\n(the message named somebody who was erased: it is not kept)`
  return `${facts.join('\n')}\n\n${printable(body)}${whole ? '' : '\n(a part of the message was too large to keep: it cannot be replayed)'}`
}
