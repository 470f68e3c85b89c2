import { type Command, Option } from 'commander'
import type { CallClass, CallState } from '#contracts/call-record.ts'
import type { CallListItem, CallPage, CallQuery } from '#contracts/warehouse.ts'
import { withDesk } from '../desk/open-desk.ts'
import { whyOf } from '../text/call-list.ts'
import { dateTime, duration, mosValue } from '../text/format.ts'
import { type Column, table } from '../text/table.ts'
import {
  aConfiguredCommand,
  type CommandParts,
  type CommonOptions,
  configFor,
  numberOption,
  print,
  timeOption,
} from './command.ts'

interface CallsOptions extends CommonOptions {
  readonly since?: string
  readonly until?: string
  readonly tenant?: string
  readonly class?: CallClass
  readonly state?: CallState
  readonly carrier?: string
  readonly limit: number
  readonly cursor?: string
}

export function callsCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'calls',
    summary: 'list calls, latest first',
    examples: [
      'calls --since 1h --class poor',
      'calls --tenant acme --carrier northtel --limit 100',
      'calls --since 2026-05-01T10:00:00Z --json | jq .calls[].id',
    ],
  })
    .option('--since <time>', 'started at or after: a date-time, or how long ago (90m, 24h, 7d)')
    .option('--until <time>', 'started before')
    .option('--tenant <id>', 'of one tenant')
    .addOption(new Option('--class <class>', 'of one class').choices(['good', 'degraded', 'poor', 'unclassified']))
    .addOption(new Option('--state <state>', 'in one state').choices(['open', 'settling', 'settled']))
    .option('--carrier <name>', 'over one carrier')
    .option('--limit <n>', 'most calls to show', numberOption(1, 10_000, { integer: true }), 20)
    .option('--cursor <cursor>', 'next page: nextCursor of the one before')
    .action((options: CallsOptions) => calls(parts, options))
}

async function calls(parts: CommandParts, options: CallsOptions): Promise<void> {
  const config = configFor(parts, options)
  const { tenant, state, carrier, limit, cursor } = options
  const given = {
    tenant,
    state,
    carrier,
    limit,
    cursor,
    class: options.class === undefined ? undefined : [options.class],
    sinceMs: timeOption(parts.io, '--since', options.since),
    untilMs: timeOption(parts.io, '--until', options.until),
  }
  const query = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as unknown as CallQuery
  const page = await withDesk({ config, command: 'calls', now: parts.io.now }, ({ desk }) => desk.calls.list(query))
  await print(parts, options, page, (colours) =>
    page.calls.length === 0 ? 'No calls match.' : `${table(page.calls, columns, colours)}\n${footer(page)}`,
  )
}

const columns: readonly Column<CallListItem>[] = [
  { title: 'STARTED (UTC)', cell: ({ startedMs }) => dateTime(startedMs) },
  { title: 'TENANT', cell: ({ tenant }) => tenant, max: 16 },
  { title: 'ID', cell: ({ id }) => id, max: 40 },
  { title: 'CLASS', cell: (call) => call.class, paint: (text, colours) => colours.class(text) },
  { title: 'MOS', cell: ({ worstMos }) => mosValue(worstMos), right: true },
  { title: 'TALK', cell: ({ talkMs }) => duration(talkMs), right: true },
  { title: 'CARRIER', cell: ({ carrier }) => carrier, max: 16 },
  { title: 'CODEC', cell: ({ codec }) => codec, max: 12 },
  { title: 'FAULT', cell: ({ fault }) => fault, max: 16 },
  { title: 'WHY', cell: whyOf, max: 70 },
]

function footer({ calls: shown, nextCursor, completeUntilMs }: CallPage): string {
  const until = completeUntilMs === undefined ? '' : `, complete until ${dateTime(completeUntilMs)}`
  const more = nextCursor === undefined ? '' : `\nMore: --cursor ${nextCursor}`
  return `${shown.length} shown${until}. "callscope call ID" tells one.${more}`
}
