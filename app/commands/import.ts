import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { JobReport } from '#collectors/http/ports.ts'
import { type OpenDesk, withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { jobText } from '../text/job-text.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface ImportOptions extends CommonOptions {
  readonly tenant?: string
}

interface Imported extends JobReport {
  readonly file: string
}

export function importCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'import',
    summary: 'import dumps; the format is detected',
    description:
      'Imports rtcstats and Jitsi getStats dumps, webrtc-internals exports, OTLP/JSON logs and traces, and CloudEvents as JSON lines, gzipped or not. Importing a file twice changes nothing.',
    examples: ['import dump.jsonl', 'import --tenant acme dumps/*.jsonl traces.json', 'import dump.jsonl.gz --json'],
  })
    .argument('<file...>', 'files to import')
    .option('--tenant <id>', 'tenant the calls belong to (setting defaultTenant)')
    .action((files: string[], options: ImportOptions) => importFiles(parts, files, options))
}

/** Every file has to be there before the first is read: a typing error must not leave half an import behind. */
export function checkFiles(files: readonly string[]): void {
  const missing = files.filter((file) => !existsSync(file) || !statSync(file).isFile())
  if (missing.length > 0) throw new CommandError('notFound', `not a file: ${missing.join(', ')}`)
}

async function importFiles(parts: CommandParts, files: readonly string[], options: ImportOptions): Promise<void> {
  const config = configFor(parts, options)
  checkFiles(files)
  const imported = await withDesk({ config, command: 'import', now: parts.io.now, writes: true }, async (open) => {
    const reports = await importAll(open, files, options.tenant)
    await open.settle()
    return reports
  })
  if (imported.some(({ refused }) => refused.length > 0)) parts.end('refused')
  await print(parts, options, { files: imported }, (colours) =>
    imported.map((report) => jobText(report.file, report, colours)).join('\n\n'),
  )
}

async function importAll(
  { desk }: OpenDesk,
  files: readonly string[],
  tenant: string | undefined,
): Promise<readonly Imported[]> {
  const reports: Imported[] = []
  for (const file of files)
    reports.push({ file, ...(await desk.jobs.importFile({ name: basename(file), content: { path: file }, tenant })) })
  return reports
}
