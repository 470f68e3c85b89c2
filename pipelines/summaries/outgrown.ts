import { type CallWriter, type MemberKey, memberText, type Place } from '#contracts/summaries.ts'
import { type Component, type ResolveParts, resolveComponents } from './components.ts'
import { isClaim } from './places.ts'

/**
 * Ids that still stand in a record which they are no longer part of, because a link that joined them has come to name too
 * many, or their component has outgrown its bound. Nobody has announced them: what grew was elsewhere. Looked for only
 * around components that say so, and given up once an id has been claimed by a later recompute, so that it ends.
 */
export async function leftBehind(
  components: readonly Component[],
  parts: ResolveParts & { readonly writer: Pick<CallWriter, 'places'> },
): Promise<readonly MemberKey[]> {
  const own = new Set(components.flatMap(({ tenant, members }) => members.map((id) => memberText({ tenant, id }))))
  const around = new Map<string, MemberKey>()
  for (const { tenant, estranged } of components) {
    for (const id of estranged) around.set(memberText({ tenant, id }), { tenant, id })
  }
  if (around.size === 0) return []
  const suspects = lastPlaces(await parts.writer.places([...around.values()])).filter(
    (place) => !isClaim(place) && place.canonical !== place.id && !own.has(memberText(place)),
  )
  if (suspects.length === 0) return []
  const records = new Map(suspects.map(({ tenant, canonical: id }) => [memberText({ tenant, id }), { tenant, id }]))
  const resolved = await resolveComponents([...records.values()], parts)
  const left = suspects.filter(({ tenant, id, canonical }) => {
    const [component] = resolved.get(memberText({ tenant, id: canonical })) ?? []
    return component !== undefined && !component.members.includes(id)
  })
  // The record that still holds them has to be made again as well.
  const all = left.flatMap(({ tenant, id, canonical }) => [
    { tenant, id },
    { tenant, id: canonical },
  ])
  return [...new Map(all.map((member) => [memberText(member), member])).values()]
}

/** Where each id was put, or claimed, last. A record's own claim is older than its place, though of one version. */
function lastPlaces(places: readonly Place[]): readonly Place[] {
  const last = new Map<string, Place>()
  for (const place of places) {
    const known = last.get(memberText(place))
    const later = known === undefined || place.version > known.version
    if (later || (place.version === known.version && isClaim(known))) last.set(memberText(place), place)
  }
  return [...last.values()]
}
