import type { Readable } from 'node:stream'
import { Problem } from '../problem.ts'
import { defaultFeedPace } from './change-feed.ts'
import { createTurn, type TurnPace, type TurnParts } from './turn.ts'
import { createViewer, type Looking, type Viewer } from './viewer.ts'

export interface LivePace extends TurnPace {
  readonly pollMs: number
  readonly maxViewers: number
  /** Places that viewers of one credential's tenant may take; those for all tenants count as one. */
  readonly maxViewersOfOne: number
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

/** Tells any number of viewers what changed among calls, and asks the warehouse once a turn; not at all without viewers. */
export function createLiveHub(parts: TurnParts, pace: LivePace = defaultLivePace): LiveHub {
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
