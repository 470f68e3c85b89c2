import type { Clock } from '#contracts/clock.ts'
import type { KeyEnds } from '#contracts/registry.ts'
import type { Logger } from './logger.ts'

/** A key's last use is written at most once in this time, together with that of all others. */
const everyMs = 60_000
/** How long a stop waits for the registry: what is not written by then is forgotten. */
const closeWithinMs = 3_000
/** Ids that wait to be written: uses of further keys are not noted until then. */
const most = 10_000

export interface KeyUses {
  /** For each request: costs it nothing. */
  used(id: string): void
  /** Writes what waits, within seconds, and no more after that. */
  close(): Promise<void>
}

interface KeyUsesParts {
  readonly keyEnds: Pick<KeyEnds, 'noteUses'>
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn'>
}

/** Notes when keys were used last, out of every request's way. A use that cannot be written waits for the next minute. */
export function createKeyUses({ keyEnds, clock, logger }: KeyUsesParts): KeyUses {
  const uses = new Map<string, number>()
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    if (uses.size === 0) return
    const taken = new Map(uses)
    uses.clear()
    try {
      await keyEnds.noteUses(taken)
    } catch (error) {
      for (const [id, atMs] of taken) if (!uses.has(id) && uses.size < most) uses.set(id, atMs)
      logger.warn({ err: error }, 'when API keys were used last could not be written; trying again in a minute')
    }
  }
  const timer = setInterval(() => {
    writing = writing.then(write)
  }, everyMs)
  timer.unref()

  return {
    used(id) {
      if (uses.size < most || uses.has(id)) uses.set(id, clock())
    },
    async close() {
      clearInterval(timer)
      const late = Promise.withResolvers<void>()
      const giveUp = setTimeout(late.resolve, closeWithinMs)
      await Promise.race([writing.then(write), late.promise])
      clearTimeout(giveUp)
    },
  }
}
