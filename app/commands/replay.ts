import { basename } from 'node:path'
import type { Command } from 'commander'
import { withDesk } from '../desk/open-desk.ts'
import { jobText } from '../text/job-text.ts'
import { createProgress } from '../text/progress.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, numberOption, print } from './command.ts'
import { checkFiles } from './import.ts'

interface ReplayOptions extends CommonOptions {
  readonly rate?: number
  readonly repeat?: number
  readonly addTenant?: readonly string[]
}

export function replayCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'replay',
    summary: 'append recorded messages to the log',
    description:
      'Appends JSON lines {topic, key, headers, value}, as "callscope simulate" writes them, to the log. What was there already changes nothing.',
    examples: [
      'replay traffic.jsonl --add-tenant acme globex initech',
      'replay traffic.jsonl --rate 500',
      'replay traffic.jsonl --repeat 2 --json',
    ],
  })
    .argument('<file>', 'JSON lines, gzipped or not')
    .option('--rate <n>', 'messages per second; as fast as they are stored by default', numberOption(0.1, 10_000_000))
    .option('--repeat <n>', 'how many times', numberOption(1, 1_000, { integer: true }))
    .option('--add-tenant <id...>', 'tenants to add first, so that messages that name them are taken')
    .action((file: string, options: ReplayOptions) => replay(parts, file, options))
}

async function replay(parts: CommandParts, file: string, options: ReplayOptions): Promise<void> {
  const { rate, repeat, addTenant: tenants = [] } = options
  const config = configFor(parts, options)
  checkFiles([file])
  const withTenants = { ...config, tenants: [...config.tenants, ...tenants.map((id) => ({ id }))] }
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
