import { GivenUpError } from '#contracts/errors.ts'
import { pause } from './pause.ts'

export interface Persistence {
  readonly signal: AbortSignal
  readonly onRetry: (cause: Error) => void
  readonly afterMs?: number
}

/**
 * Does something that must be done, again and again until a store or the log takes it: a store that is down holds its
 * pipeline back and ends nothing. Throws only when stopped meanwhile, or when a part has given up for good (`GivenUpError`).
 */
export async function persist<Result>(
  work: () => Promise<Result>,
  { signal, onRetry, afterMs = 500 }: Persistence,
): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      onRetry(error instanceof Error ? error : new Error('failed'))
      if (signal.aborted || error instanceof GivenUpError) throw error
      await pause(afterMs, signal)
    }
  }
}

/** Does something that may be left undone. */
export async function attempt(work: () => Promise<void>, onRetry: (cause: Error) => void): Promise<void> {
  try {
    await work()
  } catch (error) {
    onRetry(error instanceof Error ? error : new Error('failed'))
  }
}
