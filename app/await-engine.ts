import type { Readiness } from '#collectors/http/ports.ts'
import { LastingError } from '#contracts/errors.ts'
import { pause } from '#pipelines/pause.ts'
import { type Engine, type EngineParts, openEngine } from './engine.ts'
import { CommandError } from './exit-codes.ts'
import { readinessOf } from './readiness.ts'

/** Between two tries: short enough that a stack that comes up together is together soon. */
const tryEveryMs = 2_000

/** An engine that is not there yet, and what it waits for. */
export interface AwaitedEngine {
  /** Resolves when every store has answered; undefined when stopped before. Rejects for what waiting does not mend. */
  readonly engine: Promise<Engine | undefined>
  readiness(): Promise<Readiness>
}

/**
 * Opens an engine whose stores may come up later than this process, or in any order: what does not answer is waited for,
 * and told. A setting that is wrong, and a store that a newer program has migrated, end it.
 */
export function awaitEngine(parts: EngineParts, signal: AbortSignal): AwaitedEngine {
  let waiting = 'the stores are being opened'
  let opened: Engine | undefined

  async function open(): Promise<Engine | undefined> {
    while (!signal.aborted) {
      try {
        opened = await openEngine(parts)
        return opened
      } catch (error) {
        if (error instanceof CommandError || error instanceof LastingError) throw error
        const why = error instanceof Error ? error.message : 'unknown error'
        if (why !== waiting) parts.logger.warn({ waiting: why }, 'a store is not ready yet; trying again')
        waiting = why
        await pause(tryEveryMs, signal)
      }
    }
    return undefined
  }

  return {
    engine: open(),
    async readiness() {
      return opened === undefined ? { ready: false, checks: { stores: waiting } } : readinessOf(opened)
    },
  }
}
