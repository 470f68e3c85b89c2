import type { Command } from 'commander'
import type { ArchiveVerified } from '#collectors/http/ports.ts'
import type { ArchiveSummary } from '#contracts/archive.ts'
import { withDesk } from '../desk/open-desk.ts'
import type { Colours } from '../text/colours.ts'
import { bytes, count, counted, dateTime } from '../text/format.ts'
import { createProgress } from '../text/progress.ts'
import { type Column, table } from '../text/table.ts'
import { aConfiguredCommand, aGroup, type CommandParts, configFor, numberOption, print } from './command.ts'
import { type ArchiveFilterOptions, archiveFilter } from './replay-archive.ts'

interface ListOptions extends ArchiveFilterOptions {
  readonly limit: number
}

export function archiveCommand(parts: CommandParts): Command {
  const command = aGroup({
    name: 'archive',
    summary: 'what is archived of raw messages, and whether it is whole',
    description:
      'Raw messages as files, by topic, tenant and day (setting archive.url). "callscope replay --from-archive" puts them into the log again.',
    examples: ['archive ls', 'archive ls --tenant acme --since 30d --json', 'archive verify --since 24h'],
  })
  for (const child of [listCommand(parts), verifyCommand(parts)]) command.addCommand(child)
  return command
}

const withFilter = (command: Command): Command =>
  command
    .option('--tenant <id>', 'only this tenant, and what may hold messages of it')
    .option('--topic <topic>', 'only this topic')
    .option('--since <time>', 'from this log time on (a date-time, or 24h for how long ago)')
    .option('--until <time>', 'before this log time')

const listCommand = (parts: CommandParts): Command =>
  withFilter(
    aConfiguredCommand({
      name: 'ls',
      summary: 'by day, tenant and topic: objects, messages, bytes, retention',
      examples: ['archive ls', 'archive ls --tenant acme --since 2026-01-01T00:00:00Z --json'],
    }),
  )
    .option('--limit <n>', 'most lines to show', numberOption(1, 100_000, { integer: true }), 1_000)
    .action(async (options: ListOptions) => {
      const filter = archiveFilter(parts, options)
      const lines = await withDesk(deskOf(parts, options), ({ desk }) => desk.archive.list(filter, options.limit))
      await print(parts, options, { lines }, (colours) =>
        lines.length === 0 ? 'Nothing is archived yet.' : table(lines, columns, colours),
      )
    })

const verifyCommand = (parts: CommandParts): Command =>
  withFilter(
    aConfiguredCommand({
      name: 'verify',
      summary: 'read archived objects and compare them with their checksums',
      examples: ['archive verify --since 24h', 'archive verify --topic call-events --json'],
    }),
  ).action(async (options: ArchiveFilterOptions) => {
    const filter = archiveFilter(parts, options)
    const progress = createProgress(parts.io, options.json === true)
    const verified = await withDesk(deskOf(parts, options), ({ desk }) =>
      desk.archive.verify(filter, (objects) => progress.show(counted(objects, 'object'))),
    )
    progress.clear()
    if (verified.refused.length > 0) parts.end('refused')
    await print(parts, options, verified, (colours) => verifiedText(verified, colours))
  })

const deskOf = (parts: CommandParts, options: ArchiveFilterOptions) => ({
  ...{ config: configFor(parts, options), command: 'archive', now: parts.io.now },
})

const columns: readonly Column<ArchiveSummary>[] = [
  { title: 'DAY (UTC)', cell: ({ day }) => day },
  { title: 'TENANT', cell: ({ tenant }) => tenant },
  { title: 'TOPIC', cell: ({ topic }) => topic },
  { title: 'OBJECTS', cell: ({ objects }) => count(objects), right: true },
  { title: 'MESSAGES', cell: ({ rows }) => count(rows), right: true },
  { title: 'SIZE', cell: (line) => bytes(line.bytes), right: true },
  { title: 'KEPT UNTIL', cell: ({ retentionUntilMs }) => dateTime(retentionUntilMs)?.slice(0, 10) },
]

function verifiedText({ objects, bytes: size, expired, refused }: ArchiveVerified, colours: Colours): string {
  const gone = expired === 0 ? '' : `, ${counted(expired, 'more is', 'more are')} gone with their retention`
  const summary = `${counted(objects, 'object')} looked at, ${bytes(size)} as written${gone}`
  if (refused.length === 0) return `${summary}. All is well.`
  const rows = table(
    refused,
    [
      { title: 'FAULT', cell: ({ reason }) => reason, paint: (text) => colours.bad(text) },
      { title: 'OBJECTS', cell: (row) => count(row.count), right: true },
      { title: 'FIRST', cell: ({ example }) => example, max: 160 },
    ],
    colours,
  )
  return `${summary}\n${rows}`
}
