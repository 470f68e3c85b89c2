import type { ArchivePlan } from '#collectors/http/ports.ts'
import type { ArchiveFilter } from '#contracts/archive.ts'
import { withDesk } from '../desk/open-desk.ts'
import { bytes, count, counted } from '../text/format.ts'
import { jobText } from '../text/job-text.ts'
import { createProgress } from '../text/progress.ts'
import { printable } from '../text/table.ts'
import { type CommandParts, type CommonOptions, configFor, print, timeOption } from './command.ts'

/** Which part of the archive, as it is typed. */
export interface ArchiveFilterOptions extends CommonOptions {
  readonly tenant?: string
  readonly topic?: string
  readonly since?: string
  readonly until?: string
}

export interface ArchiveReplayOptions extends ArchiveFilterOptions {
  readonly fromArchive?: boolean
  readonly dryRun?: boolean
  readonly rate?: number
}

export const archiveFilter = (
  { io }: CommandParts,
  { tenant, topic, since, until }: ArchiveFilterOptions,
): ArchiveFilter => ({
  ...{ tenant, topic },
  sinceMs: timeOption(io, '--since', since),
  untilMs: timeOption(io, '--until', until),
})

/** `replay --from-archive`. */
export async function replayArchive(parts: CommandParts, options: ArchiveReplayOptions): Promise<void> {
  const config = configFor(parts, options)
  const filter = archiveFilter(parts, options)
  const desk = { config, command: 'replay', now: parts.io.now }
  if (options.dryRun === true) {
    const plan = await withDesk(desk, (open) => open.desk.archive.plan(filter))
    if (plan.frozen.objects + plan.missing.objects > 0) parts.end('refused')
    await print(parts, options, plan, () => planText(plan))
    return
  }
  const progress = createProgress(parts.io, options.json === true)
  const report = await withDesk({ ...desk, writes: true }, async (open) => {
    const done = await open.desk.archive.replay({ ...filter, rate: options.rate }, (messages) =>
      progress.show(`${messages.toLocaleString('en-US')} messages`),
    )
    progress.show('waiting until the call records are written')
    await open.settle()
    return done
  })
  progress.clear()
  if (report.refused.length > 0) parts.end('refused')
  await print(parts, options, report, (colours) => jobText('archive', report, colours))
}

function planText({ objects, rows, bytes: size, frozen, missing, expired }: ArchivePlan): string {
  const lines = [`${counted(objects, 'object')}, ${counted(rows, 'message')} at most, ${bytes(size)}`]
  if (expired > 0) lines.push(`${count(expired)} more are gone: their retention has passed`)
  if (frozen.objects > 0)
    lines.push(
      `${count(frozen.objects)} must be restored first (${count(frozen.restoring)} are being restored):`,
      ...shownKeys(frozen),
    )
  if (missing.objects > 0)
    lines.push(`${count(missing.objects)} are missing although their retention has not passed:`, ...shownKeys(missing))
  if (frozen.objects + missing.objects === 0) lines.push('All of it can be read now.')
  return lines.join('\n')
}

function shownKeys({ objects, keys }: { readonly objects: number; readonly keys: readonly string[] }) {
  const lines = keys.map((key) => `  ${printable(key)}`)
  return objects > keys.length ? [...lines, `  and ${objects - keys.length} more`] : lines
}
