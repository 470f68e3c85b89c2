import { basename } from 'node:path'
import type { Command } from 'commander'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { isShared } from '../stores/where.ts'
import { jobText } from '../text/job-text.ts'
import { createProgress } from '../text/progress.ts'
import { aConfiguredCommand, type CommandParts, configFor, numberOption, print } from './command.ts'
import { checkFiles } from './import.ts'
import { type ArchiveReplayOptions, replayArchive } from './replay-archive.ts'

interface ReplayOptions extends ArchiveReplayOptions {
  readonly repeat?: number
  readonly addTenant?: readonly string[]
}

export function replayCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'replay',
    summary: 'append recorded or archived messages to the log',
    description:
      'Appends JSON lines {topic, key, headers, value}, as "callscope simulate" writes them, to the log; or, with --from-archive, what was archived, judged as it was when the log first took it. What was there already changes nothing.',
    examples: [
      'replay traffic.jsonl --add-tenant acme globex initech',
      'replay traffic.jsonl --rate 500',
      'replay traffic.jsonl --repeat 2 --json',
      'replay --from-archive --dry-run',
      'replay --from-archive --tenant acme --since 2026-01-01T00:00:00Z --until 2026-02-01T00:00:00Z',
    ],
  })
    .argument('[file]', 'JSON lines, gzipped or not')
    .option('--from-archive', 'messages of the archive (setting archive.url) instead of a file')
    .option('--tenant <id>', 'with --from-archive: only this tenant')
    .option('--topic <topic>', 'with --from-archive: only this topic')
    .option('--since <time>', 'with --from-archive: from this log time on (a date-time, or 24h for how long ago)')
    .option('--until <time>', 'with --from-archive: before this log time')
    .option('--dry-run', 'with --from-archive: say what would be read, and what must be restored first')
    .option('--rate <n>', 'messages per second; as fast as they are stored by default', numberOption(0.1, 10_000_000))
    .option('--repeat <n>', 'how many times', numberOption(1, 1_000, { integer: true }))
    .option('--add-tenant <id...>', 'tenants to add first, so that messages that name them are taken')
    .action((file: string | undefined, options: ReplayOptions) => {
      refuseMixture(file, options)
      return file === undefined ? replayArchive(parts, options) : replay(parts, file, options)
    })
}

const ofArchive = ['tenant', 'topic', 'since', 'until', 'dryRun'] as const
const ofFile = ['repeat', 'addTenant'] as const

function refuseMixture(file: string | undefined, options: ReplayOptions): void {
  if ((file === undefined) !== (options.fromArchive === true))
    throw new CommandError('usage', 'name a file, or say --from-archive; one of them')
  const strange = (file === undefined ? ofFile : ofArchive).find((name) => options[name] !== undefined)
  if (strange === undefined) return
  const option = `--${strange.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw new CommandError('usage', `${option} goes ${file === undefined ? 'with a file' : 'with --from-archive'} only`)
}

async function replay(parts: CommandParts, file: string, options: ReplayOptions): Promise<void> {
  const { rate, repeat, addTenant: tenants = [] } = options
  const config = configFor(parts, options)
  checkFiles([file])
  // Pipelines of this process know tenants from its start; those of workers have to hear of them, and the job waits for that.
  const added = isShared(config) ? [] : tenants.map((id) => ({ id }))
  const withTenants = { ...config, tenants: [...config.tenants, ...added] }
  const progress = createProgress(parts.io, options.json === true)
  const report = await withDesk(
    { config: withTenants, command: 'replay', now: parts.io.now, writes: true },
    async (open) => {
      const done = await open.desk.jobs.replay(
        { name: basename(file), content: { path: file }, rate, repeat, tenants },
        (messages) => progress.show(`${messages.toLocaleString('en-US')} messages`),
      )
      progress.show('waiting until the call records are written')
      await open.settle()
      return done
    },
  )
  progress.clear()
  if (report.refused.length > 0) parts.end('refused')
  await print(parts, options, report, (colours) => jobText(file, report, colours))
}
