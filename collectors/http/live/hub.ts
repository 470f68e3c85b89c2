import type { Readable } from 'node:stream'
import type { Clock } from '#contracts/clock.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { CompleteUntil, HttpLogger } from '../ports.ts'
import { Problem } from '../problem.ts'
import { createChangeFeed, defaultFeedPace, type FeedPace, type Taken } from './change-feed.ts'
import { createViewer, type Looking, type Viewer } from './viewer.ts'

export interface LivePace extends FeedPace {
  readonly pollMs: number
  readonly tickMs: number
  readonly maxViewers: number
  /** Places that viewers of one credential's tenant may take; those for all tenants count as one. */
  readonly maxViewersOfOne: number
  /** A stream ends after this time, and the page comes again: whose key was revoked meanwhile does not come in. */
  readonly maxLifeMs: number
  /** At most one reset of a viewer in this time: while everything is computed anew, lists would do nothing but load. */
  readonly resetMs: number
}

export const defaultLivePace: LivePace = {
  ...defaultFeedPace,
  ...{ pollMs: 1_000, tickMs: 5_000, resetMs: 10_000 },
  ...{ maxViewers: 100, maxViewersOfOne: 40, maxLifeMs: 600_000 },
}

export interface LiveHub {
  /** A stream of server-sent events about the calls of a filter. */
  join(looking: Looking): Readable
  close(): void
}

export interface HubParts {
  readonly changes: CallChanges
  readonly completeUntil: () => Promise<CompleteUntil>
  readonly clock: Clock
  readonly logger: HttpLogger
}

/** Tells any number of viewers what changed among calls, and asks the warehouse once a turn; not at all without viewers. */
export function createLiveHub(parts: HubParts, pace: LivePace = defaultLivePace): LiveHub {
  const viewers = new Set<Viewer>()
  const turn = createTurn(viewers, parts, pace)
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function run(): Promise<void> {
    try {
      await turn.take()
    } catch (error) {
      parts.logger.warn({ err: error }, 'changed calls could not be read; trying again')
    }
    const goesOn = viewers.size > 0 && !closed
    timer = goesOn ? setTimeout(() => void run(), pace.pollMs) : undefined
    if (!goesOn) turn.forget()
  }

  return {
    join(looking) {
      if (closed) throw new Problem(503, 'the server is stopping', { retryAfterSeconds: 5 })
      if (viewers.size >= pace.maxViewers) throw tooManyOpen(pace.maxViewers)
      const ofOne = [...viewers].filter(({ owner }) => owner === looking.owner).length
      if (ofOne >= pace.maxViewersOfOne) throw tooManyOpen(ofOne)
      const viewer = createViewer(looking, parts.clock(), pace.resetMs)
      viewers.add(viewer)
      viewer.stream.once('close', () => viewers.delete(viewer))
      timer ??= setTimeout(() => void run(), 0)
      return viewer.stream
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const viewer of viewers) viewer.end()
    },
  }
}

const tooManyOpen = (places: number): Problem =>
  new Problem(503, `${places} live lists are open already: close one`, { retryAfterSeconds: 10 })

/** One look at what changed, told to everybody. */
function createTurn(viewers: ReadonlySet<Viewer>, { changes, completeUntil, clock, logger }: HubParts, pace: LivePace) {
  const feed = createChangeFeed(changes, pace)
  let tickedMs = Number.NEGATIVE_INFINITY

  async function take(): Promise<Taken> {
    if ([...viewers].some(({ ticksOnly }) => !ticksOnly)) return feed.take(clock())
    feed.forget()
    return { news: [], overflowed: false }
  }

  /** Who has just come: brought up to date where it says since when, and greeted with a tick, from which it can go on. */
  async function receive(viewer: Viewer, until: CompleteUntil): Promise<void> {
    try {
      if (!viewer.ticksOnly) await bringUpToDate(viewer, until)
    } catch (error) {
      logger.warn({ err: error }, 'what a live list has missed could not be read; it loads again')
      viewer.oweReset()
    }
    viewer.isNew = false
    viewer.payReset(clock(), feed.newest)
    viewer.tick(clock(), at(viewer, until))
  }

  async function bringUpToDate(viewer: Viewer, until: CompleteUntil): Promise<void> {
    await nameAnew(viewer)
    // Who begins now has loaded a list a moment ago: what changed since is told, whenever that was.
    const missed = await feed.missedSince(viewer.resumeFrom ?? feed.newest)
    if (missed !== undefined) viewer.tell(missed, at(viewer, until))
    else if (viewer.resumeFrom !== undefined) viewer.oweReset()
  }

  async function nameAnew(viewer: Viewer): Promise<void> {
    const { tenant, q } = viewer.filter
    if (q !== undefined && !viewer.ticksOnly) viewer.name(await changes.idsNamed(tenant, q))
  }

  const at = ({ filter }: Viewer, until: CompleteUntil) => ({
    ...{ id: feed.newest, completeUntilMs: until(filter.tenant) },
  })

  async function tick(there: readonly Viewer[], until: CompleteUntil): Promise<void> {
    tickedMs = clock()
    for (const viewer of there) viewer.tick(tickedMs, at(viewer, until))
    for (const viewer of there)
      await nameAnew(viewer).catch((error) => logger.warn({ err: error }, 'what a search names could not be read anew'))
  }

  return {
    forget: feed.forget,
    async take(): Promise<void> {
      const coming = [...viewers].filter(({ isNew }) => isNew)
      const there = [...viewers].filter(({ isNew }) => !isNew)
      const until = await completeUntil()
      const { news, overflowed } = await take()
      if (overflowed) for (const viewer of viewers) viewer.oweReset()
      for (const viewer of there) {
        viewer.tell(news, at(viewer, until))
        viewer.payReset(clock(), feed.newest)
      }
      for (const viewer of coming) await receive(viewer, until)
      if (clock() - tickedMs >= pace.tickMs) await tick(there, until)
      for (const viewer of there) if (clock() - viewer.joinedMs >= pace.maxLifeMs) viewer.end()
    },
  }
}
