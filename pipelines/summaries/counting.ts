import type { Change } from '#contracts/changes.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { CensusProgress } from '#contracts/registry.ts'
import { topicNames } from '#contracts/topics.ts'
import { announcements } from '../announce.ts'
import { type Persistence, persist } from '../persist.ts'

/** One slice of what raw holds, and the slice after it. */
export interface CensusSlice {
  readonly changes: readonly Change[]
  readonly nextSlice: number
}

/** Everything that raw holds of some shards, as changes, slice by slice from one on. The same slices whenever it is asked. */
export type Census = (owns: (shard: number) => boolean, fromSlice: number) => AsyncIterable<CensusSlice>

export interface CountingParts {
  readonly log: Pick<EventLog, 'append'>
  readonly census: Census
  readonly progress: CensusProgress
}

/** A count that was begun before this is not gone on with: what was lost since then may have been lost again. */
const believedMs = 86_400_000

/**
 * Announces, in bulk, all that raw holds of shards whose offsets are lost, beside all else: what comes live is read and
 * computed meanwhile, and only committed once the count is through, as until then a restart has to know of the loss. How far
 * it has come is kept, so that a count that is cut off goes on where it was; what comes into raw behind it is announced live.
 */
export interface Counting {
  /** These shards are ours in this round and have lost their offsets; others are counted no longer. */
  begin(lost: readonly number[]): void
  /** True while nothing that was read of this shard may be committed. */
  holds(shard: number): boolean
  isBusy(): boolean
  /** Ends what is under way. */
  stop(): Promise<void>
}

export function createCounting({ log, census, progress }: CountingParts, persistence: Persistence): Counting {
  let held: ReadonlySet<number> = new Set()
  let working: Promise<void> = Promise.resolve()
  let round = new AbortController()

  async function count(lost: readonly number[], signal: AbortSignal): Promise<void> {
    const insist = <Result>(work: () => Promise<Result>) => persist(work, { ...persistence, signal })
    const reached = new Map(lost.map((shard) => [shard, 0]))
    for (const [shard, slice] of await insist(() => progress.reached(lost, believedMs))) reached.set(shard, slice)
    await insist(async () => {
      // After a fault too it goes on behind the last slice that is noted.
      const from = Math.min(...reached.values())
      const isOwed = (shard: number) => reached.has(shard)
      for await (const { changes, nextSlice } of census(isOwed, from)) {
        if (signal.aborted) return
        const behind = lost.filter((shard) => (reached.get(shard) ?? nextSlice) < nextSlice)
        const known = announcements(changes, topicNames.callChangesBulk).filter(
          ({ partition }) => partition !== undefined && behind.includes(partition),
        )
        if (known.length > 0) await log.append(known)
        await progress.note(behind, nextSlice)
        for (const shard of behind) reached.set(shard, nextSlice)
      }
    })
    if (signal.aborted) return
    await insist(() => progress.forget(lost))
    if (!signal.aborted) held = new Set()
  }

  return {
    holds: (shard) => held.has(shard),
    isBusy: () => held.size > 0,
    begin(lost) {
      round.abort()
      round = new AbortController()
      held = new Set(lost)
      if (lost.length === 0) return
      const signal = AbortSignal.any([round.signal, persistence.signal])
      const before = working
      // One after another: two counts on one connection would only wait for each other.
      working = before.then(() => (signal.aborted ? undefined : count(lost, signal))).catch(() => undefined)
    },
    async stop() {
      round.abort()
      await working
    },
  }
}
