import { useRef } from 'preact/hooks'
import { getJson } from '../api.ts'
import type { Timeline } from '../api-types.ts'
import { type Loaded, useLoaded } from '../use-loaded.ts'
import { now } from '../world.ts'
import { type Filters, queryOf } from './filters.ts'
import { totalOf } from './strip-bars.ts'
import { spanSince } from './time-range.ts'

const buckets = 120

/**
 * Calls over time for the strip. Where the viewer asked for no time, the last day; where calls began to come later than
 * that (a demo that was just started), only since then, or they would all stand in one bar.
 */
export function useTimeline(filters: Filters, key: string): Loaded<Timeline> {
  const { since, until } = filters
  const query = { ...queryOf(filters), sort: undefined, order: undefined, buckets }
  const filtered = JSON.stringify(query)
  const first = useRef<{ readonly filtered: string; readonly atMs: number | undefined }>(undefined)
  const ask = (from: string | undefined, signal: AbortSignal): Promise<Timeline> =>
    getJson('/api/calls/timeline', { ...query, since: from }, signal)
  return useLoaded<Timeline>(key, async (signal) => {
    if (since !== undefined || until !== undefined) return ask(since, signal)
    if (first.current?.filtered === filtered) return ask(spanSince(first.current.atMs, now()), signal)
    const day = await ask(undefined, signal)
    first.current = { filtered, atMs: day.buckets.find((bucket) => totalOf(bucket) > 0)?.atMs }
    const span = spanSince(first.current.atMs, now())
    return span === undefined ? day : ask(span, signal)
  })
}
