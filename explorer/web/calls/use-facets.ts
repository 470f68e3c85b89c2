import { useRef } from 'preact/hooks'
import { getJson } from '../api.ts'
import type { Facets } from '../api-types.ts'
import { type Loaded, useLoaded } from '../use-loaded.ts'
import type { Filters } from './filters.ts'
import type { StripTimeline } from './use-timeline.ts'

/**
 * What can be chosen in the filters, counted over the time that the strip shows: over all that was ever kept it would
 * cost the server more than anybody learns from it.
 */
export function useFacets({ tenant, since, until }: Filters, strip: Loaded<StripTimeline>, turn: number) {
  // While another strip is awaited, what can be chosen stays: other filters seldom change the time.
  const shown = useRef<string>(undefined)
  if (strip.value !== undefined) shown.current = strip.value.since
  const from = since ?? shown.current ?? (strip.error === undefined ? undefined : '24h')
  const query = { tenant, since: from, until }
  return useLoaded<Facets>(
    from === undefined ? undefined : JSON.stringify(query),
    (signal) => getJson('/api/calls/facets', query, signal),
    turn,
  )
}
