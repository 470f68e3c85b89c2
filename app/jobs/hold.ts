import type { Clock } from '#contracts/clock.ts'
import type { Registry, Run, WatermarkStore } from '#contracts/registry.ts'
import { pause } from '#pipelines/pause.ts'

const sourceOf = (run: string): string => `import:${run}`

/**
 * Holds a tenant's watermark while an import runs: its messages are of the past, and calls of which half is read must not
 * settle. The hold ends with the import, well or not.
 */
export async function whileHeld<Result>(
  watermarks: Pick<WatermarkStore, 'write' | 'remove'>,
  tenant: string,
  run: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const hold = () => watermarks.write([{ tenant, source: sourceOf(run), watermarkMs: 0, atEnd: false }])
  await hold()
  const ended = new AbortController()
  const renewing = renew(hold, ended.signal)
  try {
    return await work()
  } finally {
    ended.abort()
    await renewing
    await watermarks.remove(sourceOf(run))
  }
}

/** One that goes on for more than a day is taken for abandoned, and its hold let go. */
const renewEveryMs = 60_000

async function renew(hold: () => Promise<void>, ended: AbortSignal): Promise<void> {
  for (;;) {
    await pause(renewEveryMs, ended)
    if (ended.aborted) return
    // It was held before: a registry that is away for a moment lets nobody go.
    await hold().catch(() => undefined)
  }
}

/** A shared install has other processes, whose runs may be going on: only after this long nobody can be at them any more. */
const abandonedAfterMs = 86_400_000

/** What a process that was killed has left: its runs have failed, and its imports hold nobody any more. */
export async function closeAbandonedRuns(
  { runs, watermarks }: Pick<Registry, 'runs' | 'watermarks'>,
  clock: Clock,
  shared = false,
): Promise<void> {
  // Read first: an import that begins meanwhile is among the runs, but its hold is not among those that may be let go.
  const known = (await watermarks.read()).map(({ source }) => source).filter((source) => source.startsWith('import:'))
  const running = (await runs.list(1_000)).filter(({ status }) => status === 'running')
  const isAbandoned = ({ startedMs }: Pick<Run, 'startedMs'>) => !shared || clock() - startedMs > abandonedAfterMs
  for (const { id } of running.filter(isAbandoned)) {
    const error = 'the process ended before the run did; run it again, repeating changes nothing'
    await runs.finish(id, { status: 'failed', finishedMs: clock(), counts: {}, error })
  }
  const held = new Set(running.filter((run) => !isAbandoned(run)).map(({ id }) => sourceOf(id)))
  for (const source of new Set(known)) if (!held.has(source)) await watermarks.remove(source)
}
