import type { Clock } from '#contracts/clock.ts'
import type { Registry, WatermarkStore } from '#contracts/registry.ts'

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
  await watermarks.write([{ tenant, source: sourceOf(run), watermarkMs: 0, atEnd: false }])
  try {
    return await work()
  } finally {
    await watermarks.remove(sourceOf(run))
  }
}

/** What a process that was killed has left: its runs have failed, and its imports hold nobody any more. */
export async function closeAbandonedRuns(
  { runs, watermarks }: Pick<Registry, 'runs' | 'watermarks'>,
  clock: Clock,
): Promise<void> {
  for (const { id, status } of await runs.list(1_000)) {
    if (status !== 'running') continue
    const error = 'the process ended before the run did; run it again, repeating changes nothing'
    await runs.finish(id, { status: 'failed', finishedMs: clock(), counts: {}, error })
  }
  const sources = new Set(
    (await watermarks.read()).map(({ source }) => source).filter((source) => source.startsWith('import:')),
  )
  for (const source of sources) await watermarks.remove(source)
}
