import { useRef } from 'preact/hooks'
import { getJson } from '../api.ts'
import type { Timeline } from '../api-types.ts'
import { type Loaded, useLoaded } from '../use-loaded.ts'
import { now } from '../world.ts'
import { type Filters, queryOf } from './filters.ts'
import { totalOf } from './strip-bars.ts'
import { spanSince } from './time-range.ts'

const buckets = 120

/** As the server has it, where no time is asked for. */
const day = '24h'

/** Calls over time, and since when they were asked for, in words that stay the same while time goes on. */
export interface StripTimeline extends Timeline {
  readonly since: string
}

/**
 * Calls over time for the strip. Where the viewer asked for no time, the last day; where calls began to come later than
 * that (a demo that was just started), only since then, or they would all stand in one bar.
 */
export function useTimeline(filters: Filters, turn: number): Loaded<StripTimeline> {
  const { since, until } = filters
  const query = { ...queryOf(filters), sort: undefined, order: undefined, buckets }
  const key = JSON.stringify(query)
  const first = useRef<{ readonly key: string; readonly atMs: number | undefined }>(undefined)
  const ask = async (from: string | undefined, signal: AbortSignal): Promise<StripTimeline> => {
    const timeline = await getJson<Timeline>('/api/calls/timeline', { ...query, since: from }, signal)
    return { ...timeline, since: from ?? (until === undefined ? day : String(timeline.fromMs)) }
  }
  const load = async (signal: AbortSignal): Promise<StripTimeline> => {
    if (since !== undefined || until !== undefined) return ask(since, signal)
    if (first.current?.key === key) return ask(spanSince(first.current.atMs, now()), signal)
    const whole = await ask(undefined, signal)
    first.current = { key, atMs: whole.buckets.find((bucket) => totalOf(bucket) > 0)?.atMs }
    const span = spanSince(first.current.atMs, now())
    return span === undefined ? whole : ask(span, signal)
  }
  return useLoaded<StripTimeline>(key, load, turn)
}
