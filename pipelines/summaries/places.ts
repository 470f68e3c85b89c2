import type { CallRecord } from '#contracts/call-record.ts'
import type { Place } from '#contracts/summaries.ts'

/** A claim is a place nowhere: it names no record. */
export const isClaim = ({ canonical }: Pick<Place, 'canonical'>): boolean => canonical === ''

/** All other places of a record's own members. A record is deleted only by the component that contains its id. */
export function leftPlaces(record: CallRecord, version: number, known: readonly Place[]): readonly Place[] {
  const members = new Set(record.correlationIds)
  const left = new Map<string, Place>()
  for (const { tenant, canonical, atMs } of known) {
    const stays = canonical === record.id && atMs === record.startedMs
    if (!stays && members.has(canonical))
      left.set(`${canonical}\u0000${atMs}`, { tenant, id: canonical, canonical, atMs, version })
  }
  return [...left.values()]
}
