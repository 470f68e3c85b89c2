import type { Command } from 'commander'
import type { Run } from '#contracts/registry.ts'
import { withDesk } from '../desk/open-desk.ts'
import { dateTime, duration } from '../text/format.ts'
import { type Column, table } from '../text/table.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, numberOption, print } from './command.ts'

interface RunsOptions extends CommonOptions {
  readonly limit: number
}

export function runsCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'runs',
    summary: 'imports, replays and recomputes, latest first',
    examples: ['runs', 'runs --limit 100 --json'],
  })
    .option('--limit <n>', 'most runs to show', numberOption(1, 1_000, { integer: true }), 20)
    .action(async (options: RunsOptions) => {
      const config = configFor(parts, options)
      const runs = await withDesk({ config, command: 'runs', now: parts.io.now }, ({ desk }) =>
        desk.runs.list(options.limit),
      )
      await print(parts, options, { runs }, (colours) =>
        runs.length === 0 ? 'No runs yet: "callscope import FILE" makes one.' : table(runs, columns, colours),
      )
    })
}

const columns: readonly Column<Run>[] = [
  { title: 'STARTED (UTC)', cell: ({ startedMs }) => dateTime(startedMs) },
  { title: 'KIND', cell: ({ kind }) => kind },
  {
    title: 'STATUS',
    cell: ({ status }) => status,
    paint: (text, colours) => (text.startsWith('failed') ? colours.bad(text) : text),
  },
  {
    title: 'TOOK',
    cell: ({ startedMs, finishedMs }) => (finishedMs == null ? undefined : duration(finishedMs - startedMs)),
    right: true,
  },
  { title: 'SUBJECT', cell: ({ subject }) => subject, max: 40 },
  {
    title: 'COUNTS',
    cell: ({ counts, error }) =>
      error ??
      Object.entries(counts)
        .filter(([, value]) => value > 0)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    max: 80,
  },
  { title: 'ID', cell: ({ id }) => id },
]
