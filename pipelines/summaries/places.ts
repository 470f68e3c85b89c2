import type { CallRecord } from '#contracts/call-record.ts'
import type { Place } from '#contracts/summaries.ts'

/** A claim is a place nowhere: it names no record. */
export const isClaim = ({ canonical }: Pick<Place, 'canonical'>): boolean => canonical === ''

/** All other places of a record's own members. A record is deleted only by the component that contains its id. */
export const leftPlaces = (record: CallRecord, version: number, known: readonly Place[]): readonly Place[] =>
  placesUnder(record.correlationIds, version, known).filter(
    ({ canonical, atMs }) => canonical !== record.id || atMs !== record.startedMs,
  )

/** Where records under one of these ids may stand, each place once, at our version. */
export function placesUnder(ids: readonly string[], version: number, known: readonly Place[]): readonly Place[] {
  const own = new Set(ids)
  const places = new Map<string, Place>()
  for (const { tenant, canonical, atMs } of known) {
    if (own.has(canonical)) places.set(`${canonical}\u0000${atMs}`, { tenant, id: canonical, canonical, atMs, version })
  }
  return [...places.values()]
}
