import type { CallChanges, ChangedCall } from '#contracts/live-calls.ts'
import { createVersionBook, type VersionBook } from './version-book.ts'

/** A change, and how the call was known before it: undefined where nobody remembers. */
export interface Change {
  readonly now: ChangedCall
  readonly before: ChangedCall | undefined
}

export interface Taken {
  readonly news: readonly Change[]
  /** There was more than is taken in at once: nobody knows any more what has changed. */
  readonly overflowed: boolean
}

/** What changes among calls, each change once. */
export interface ChangeFeed {
  /** The greatest version seen: where a viewer goes on from. */
  readonly newest: number
  /** What has changed since it was called last; nothing at the first time. */
  take(nowMs: number): Promise<Taken>
  /** What a viewer has missed that was told all up to a version; undefined: too much, or nobody knows. */
  missedSince(version: number): Promise<readonly Change[] | undefined>
  /** Nobody looks any more. */
  forget(): void
}

export interface FeedPace {
  /** Changed calls taken in at one turn. More of them, and loading the list again is less work for everybody. */
  readonly maxChanges: number
  /** Changed calls that a viewer who comes back is told of; beyond, it loads the list. */
  readonly maxMissed: number
  /** Versions that a viewer who comes back may be behind: whoever names an old one cannot have all calls read. */
  readonly maxBehind: number
}

export const defaultFeedPace: FeedPace = { maxChanges: 5_000, maxMissed: 2_000, maxBehind: 600 }

/** Recomputes that may be under way beside each other: a viewer who comes back is told their calls twice rather than never. */
const overlap = 20
/** Calls whose last state is remembered, to know who has to be told that one is gone. About a kilobyte each. */
const maxRemembered = 10_000

export function createChangeFeed(changes: CallChanges, pace: FeedPace = defaultFeedPace): ChangeFeed {
  const remembered = new Map<string, ChangedCall>()
  let book: VersionBook | undefined
  let newest = 0

  /** What was written just before is known, and told to nobody. */
  async function open(nowMs: number): Promise<VersionBook> {
    const greatest = await changes.newest()
    const opened = createVersionBook(Math.max(0, greatest - overlap))
    const known = await changes.changed({ above: opened.above, except: [], limit: pace.maxChanges })
    for (const call of known) remember(call)
    for (const { item } of known) opened.see(item.version, nowMs)
    newest = greatest
    return opened
  }

  /** Nothing where a later version of the call is known. */
  function remember(now: ChangedCall): readonly Change[] {
    const key = `${now.item.tenant}\u0000${now.item.id}`
    const before = remembered.get(key)
    if (before !== undefined && before.item.version >= now.item.version) return []
    remembered.delete(key)
    remembered.set(key, now)
    const [oldest] = remembered.keys()
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
    return [{ now, before }]
  }

  function forget(): void {
    book = undefined
    remembered.clear()
  }

  return {
    get newest() {
      return newest
    },
    forget,
    async take(nowMs) {
      book ??= await open(nowMs)
      const limit = pace.maxChanges + 1
      const taken = await changes.changed({ above: book.above, except: book.settled(nowMs), limit })
      if (taken.length === limit) {
        forget()
        return { news: [], overflowed: true }
      }
      for (const { item } of taken) book.see(item.version, nowMs)
      newest = Math.max(newest, book.newest)
      return { news: taken.flatMap(remember), overflowed: false }
    },
    async missedSince(version) {
      // A version that we do not know of yet is from a store that is no more.
      if (version > newest || newest - version > pace.maxBehind) return undefined
      const above = Math.max(0, version - overlap)
      const missed = await changes.changed({ above, except: [], limit: pace.maxMissed + 1 })
      return missed.length > pace.maxMissed ? undefined : missed.map((now) => ({ now, before: undefined }))
    },
  }
}
