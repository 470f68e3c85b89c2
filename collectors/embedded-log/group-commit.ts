import type { LogFile } from './log-file.ts'

/** A write that waits for the next transaction. */
export interface Write<T> {
  /** Called inside the transaction. A throw undoes the whole transaction. */
  readonly apply: () => T
  /** Called after COMMIT, before anybody is told. */
  readonly committed?: () => void
  /** Called when what `apply` did has been undone. */
  readonly undone?: () => void
}

interface Waiting {
  readonly write: Write<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers the writes of one turn of the event loop into one transaction, so that many small appends pay for one
 * fsync. Holds what was handed in within a turn and nothing longer: each turn ends with an empty queue.
 */
export interface GroupCommit {
  /** Resolves after COMMIT with what `apply` returned. */
  write<T>(write: Write<T>): Promise<T>
  /** Write now what waits. */
  flush(): void
}

export function createGroupCommit(file: LogFile): GroupCommit {
  let waiting: Waiting[] = []
  let scheduled: NodeJS.Immediate | undefined

  function flush(): void {
    clearImmediate(scheduled)
    scheduled = undefined
    const batch = waiting
    waiting = []
    if (batch.length > 0 && !commitTogether(file, batch)) commitOneByOne(file, batch)
  }

  return {
    flush,
    write<T>(write: Write<T>) {
      scheduled ??= setImmediate(flush)
      return new Promise<T>((resolve, reject) => {
        waiting.push({ write, resolve: (result) => resolve(result as T), reject })
      })
    },
  }
}

/** False: nothing was written, and the writes may be tried apart so that a bad one does not fail its neighbours. */
function commitTogether(file: LogFile, batch: readonly Waiting[]): boolean {
  let results: unknown[]
  try {
    results = file.transaction(() => batch.map(({ write }) => write.apply()))
  } catch (error) {
    for (const { write } of batch) write.undone?.()
    if (batch.length > 1) return false
    for (const { reject } of batch) reject(error)
    return true
  }
  for (const { write } of batch) write.committed?.()
  batch.forEach(({ resolve }, at) => {
    resolve(results[at])
  })
  return true
}

function commitOneByOne(file: LogFile, batch: readonly Waiting[]): void {
  for (const waiting of batch) commitTogether(file, [waiting])
}
