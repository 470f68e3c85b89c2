import type { Clock } from '#contracts/clock.ts'
import type { Registry, WatermarkStore } from '#contracts/registry.ts'
import { pause } from '#pipelines/pause.ts'

const holds = 'import:'
const sourceOf = (run: string): string => holds + run

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

/** Whoever took it for abandoned, because it was cut off from the registry for a while, has let it go. */
const renewEveryMs = 60_000

async function renew(hold: () => Promise<void>, ended: AbortSignal): Promise<void> {
  for (;;) {
    await pause(renewEveryMs, ended)
    if (ended.aborted) return
    // It was held before: a registry that is away for a moment lets nobody go.
    await hold().catch(() => undefined)
  }
}

/** A run that was not heard of for so long has nobody who does it: it says so every `beatEveryMs` (as-run.ts). */
const abandonedAfterMs = 120_000

/**
 * What a process that was killed has left: its runs have failed, and its imports hold nobody any more. A shared install has
 * other processes, whose runs go on: there only those count that have fallen silent. Should one of them only have been cut
 * off, it still ends as it does: without its hold, calls of which it brought half may have settled, and are computed again.
 */
export async function closeAbandonedRuns(
  { runs, watermarks }: Pick<Registry, 'runs' | 'watermarks'>,
  clock: Clock,
  shared: boolean,
): Promise<readonly string[]> {
  // Holds before runs: a run is there before its hold is, so that one which begins in between is not taken for abandoned.
  const sources = (await watermarks.read()).map(({ source }) => source).filter((source) => source.startsWith(holds))
  const running = await runs.running()
  const abandoned = running.filter(({ silentMs }) => !shared || silentMs > abandonedAfterMs).map(({ id }) => id)
  for (const id of abandoned) {
    const error = 'the process ended before the run did; run it again, repeating changes nothing'
    await runs.finish(id, { status: 'failed', finishedMs: clock(), counts: {}, error })
  }
  const held = new Set(running.filter(({ id }) => !abandoned.includes(id)).map(({ id }) => sourceOf(id)))
  for (const source of new Set(sources)) if (!held.has(source)) await watermarks.remove(source)
  return abandoned
}
