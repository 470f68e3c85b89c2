import type { Readable } from 'node:stream'
import type { Clock } from '#contracts/clock.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { CallFilter } from '#contracts/warehouse.ts'
import type { CompleteUntil, HttpLogger } from '../ports.ts'
import { Problem } from '../problem.ts'
import { createChangeFeed, defaultFeedPace, type FeedPace, type Taken } from './change-feed.ts'
import { createViewer, type Viewer } from './viewer.ts'

export interface LivePace extends FeedPace {
  readonly pollMs: number
  readonly tickMs: number
  readonly maxViewers: number
  /** At most one reset in this time: while everything is computed anew, lists would do nothing but load. */
  readonly resetMs: number
}

export const defaultLivePace: LivePace = {
  ...defaultFeedPace,
  ...{ pollMs: 1_000, tickMs: 5_000, maxViewers: 100, resetMs: 10_000 },
}

export interface LiveHub {
  /** A stream of server-sent events about the calls of a filter. */
  join(filter: CallFilter, lastEventId: number | undefined): Readable
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
    join(filter, lastEventId) {
      if (closed) throw new Problem(503, 'the server is stopping', { retryAfterSeconds: 5 })
      if (viewers.size >= pace.maxViewers)
        throw new Problem(503, `${pace.maxViewers} live lists are open already: close one`, { retryAfterSeconds: 10 })
      const viewer = createViewer(filter, lastEventId)
      viewers.add(viewer)
      viewer.stream.once('close', () => viewers.delete(viewer))
      timer ??= setTimeout(() => void run(), 0)
      return viewer.stream
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const { stream } of viewers) stream.push(null)
    },
  }
}

/** One look at what changed, told to everybody. */
function createTurn(viewers: ReadonlySet<Viewer>, { changes, completeUntil, clock }: HubParts, pace: LivePace) {
  const feed = createChangeFeed(changes, pace)
  let tickedMs = Number.NEGATIVE_INFINITY
  let resetAtMs = Number.NEGATIVE_INFINITY
  let owesReset = false

  function tell({ news, overflowed }: Taken, to: readonly Viewer[], until: CompleteUntil): void {
    owesReset ||= overflowed
    const nowMs = clock()
    if (owesReset && nowMs - resetAtMs >= pace.resetMs) {
      owesReset = false
      resetAtMs = nowMs
      for (const viewer of viewers) viewer.send({ event: 'reset', id: feed.newest, data: {} })
    } else if (!owesReset && news.length > 0)
      for (const viewer of to) viewer.tell(news, { id: feed.newest, completeUntilMs: until(viewer.tenant) })
  }

  /** Who has just come: brought up to date where it says since when, and greeted with a tick, from which it can go on. */
  async function receive(viewer: Viewer, until: CompleteUntil): Promise<void> {
    if (viewer.q !== undefined) viewer.name(await changes.idsNamed(viewer.tenant, viewer.q))
    const { resumeFrom } = viewer
    viewer.isNew = false
    // Who begins now has loaded a list a moment ago: what changed since is told, whenever that was.
    const missed = await feed.missedSince(resumeFrom ?? feed.newest)
    if (missed !== undefined) viewer.tell(missed, { id: feed.newest, completeUntilMs: until(viewer.tenant) })
    else if (resumeFrom !== undefined) viewer.send({ event: 'reset', id: feed.newest, data: {} })
    sendTick(viewer, until)
  }

  const sendTick = (viewer: Viewer, until: CompleteUntil): void =>
    viewer.send({
      ...{ event: 'tick', id: feed.newest },
      data: { nowMs: clock(), completeUntilMs: until(viewer.tenant) },
    })

  return {
    forget: feed.forget,
    async take(): Promise<void> {
      const coming = [...viewers].filter(({ isNew }) => isNew)
      const there = [...viewers].filter(({ isNew }) => !isNew)
      const until = await completeUntil()
      tell(await feed.take(clock()), there, until)
      for (const viewer of coming) await receive(viewer, until)
      if (clock() - tickedMs < pace.tickMs) return
      tickedMs = clock()
      for (const viewer of there) sendTick(viewer, until)
      for (const viewer of there)
        if (viewer.q !== undefined) viewer.name(await changes.idsNamed(viewer.tenant, viewer.q))
    },
  }
}
