import type { Clock } from '#contracts/clock.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { CompleteUntil, HttpLogger } from '../ports.ts'
import { createChangeFeed, type FeedPace, type Taken } from './change-feed.ts'
import type { ToldAt, Viewer } from './viewer.ts'

export interface TurnParts {
  readonly changes: CallChanges
  readonly completeUntil: () => Promise<CompleteUntil>
  readonly clock: Clock
  readonly logger: HttpLogger
}

export interface TurnPace extends FeedPace {
  readonly tickMs: number
  /** A stream ends after this time, and the page comes again: whose key was revoked meanwhile does not come in. */
  readonly maxLifeMs: number
}

/** One look at what changed, told to everybody. */
export interface Turn {
  take(): Promise<void>
  /** Nobody looks: what changes meanwhile is nobody's news. */
  forget(): void
}

export function createTurn(viewers: ReadonlySet<Viewer>, parts: TurnParts, pace: TurnPace): Turn {
  const { completeUntil, clock } = parts
  const feed = createChangeFeed(parts.changes, pace)
  let tickedMs = Number.NEGATIVE_INFINITY

  async function read(): Promise<Taken> {
    if ([...viewers].some(({ ticksOnly }) => !ticksOnly)) return feed.take(clock())
    feed.forget()
    return { news: [], overflowed: false }
  }

  return {
    forget: feed.forget,
    async take() {
      const coming = [...viewers].filter(({ isNew }) => isNew)
      const there = [...viewers].filter(({ isNew }) => !isNew)
      const until = await completeUntil()
      const { news, overflowed } = await read()
      const telling = { ...parts, feed, until }
      if (overflowed) for (const viewer of viewers) viewer.oweReset()
      for (const viewer of there) {
        viewer.tell(news, at(viewer, telling))
        viewer.payReset(clock(), feed.newest)
      }
      for (const viewer of coming) await receive(viewer, telling)
      // Either way: a clock that steps back must not keep viewers waiting until it has caught up.
      if (Math.abs(clock() - tickedMs) >= pace.tickMs) {
        tickedMs = clock()
        await tick(there, tickedMs, telling)
      }
      for (const viewer of there) if (Math.abs(clock() - viewer.joinedMs) >= pace.maxLifeMs) viewer.end()
    },
  }
}

/** What a turn knows that tells viewers. */
interface Telling extends Omit<TurnParts, 'completeUntil'> {
  readonly feed: ReturnType<typeof createChangeFeed>
  readonly until: CompleteUntil
}

const at = ({ filter }: Viewer, { feed, until }: Telling): ToldAt => ({
  id: feed.newest,
  completeUntilMs: until(filter.tenant),
})

/** Who has just come: brought up to date where it says since when, and greeted with a tick, from which it can go on. */
async function receive(viewer: Viewer, telling: Telling): Promise<void> {
  const { clock, feed, logger } = telling
  try {
    if (!viewer.ticksOnly) await bringUpToDate(viewer, telling)
  } catch (error) {
    logger.warn({ err: error }, 'what a live list has missed could not be read; it loads again')
    viewer.oweReset()
  }
  viewer.isNew = false
  viewer.payReset(clock(), feed.newest)
  viewer.tick(clock(), at(viewer, telling))
}

async function bringUpToDate(viewer: Viewer, telling: Telling): Promise<void> {
  const { feed } = telling
  await nameAnew(viewer, telling)
  // Who begins now has loaded a list a moment ago: what changed since is told, whenever that was.
  const missed = await feed.missedSince(viewer.resumeFrom ?? feed.newest)
  if (missed !== undefined) viewer.tell(missed, at(viewer, telling))
  else if (viewer.resumeFrom !== undefined) viewer.oweReset()
}

async function nameAnew(viewer: Viewer, { changes }: Telling): Promise<void> {
  const { tenant, q } = viewer.filter
  if (q !== undefined && !viewer.ticksOnly) viewer.name(await changes.idsNamed(tenant, q))
}

async function tick(viewers: readonly Viewer[], nowMs: number, telling: Telling): Promise<void> {
  for (const viewer of viewers) viewer.tick(nowMs, at(viewer, telling))
  for (const viewer of viewers)
    await nameAnew(viewer, telling).catch((error) =>
      telling.logger.warn({ err: error }, 'what a search names could not be read anew'),
    )
}
