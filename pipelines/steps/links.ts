import { isNilId, type LinkKind, linkKinds } from '#contracts/ids.ts'
import type { Effects } from '#contracts/pipeline.ts'
import type { Cell } from '#contracts/warehouse.ts'
import type { LinkMemory } from './links-memory.ts'

/** Ids of other kinds that a signal carries beside its correlation id. Any object that has them will do. */
export type LinkIds = { readonly [Kind in LinkKind]?: string | undefined }

export interface LinkFacts {
  readonly tenant: string
  readonly correlationId: string
  readonly ids: LinkIds
  /** Epoch seconds. */
  readonly expiresAtSeconds: number
}

export interface LinkRules {
  /** Ids that name nobody on this installation, whatever their kind (the configured list, lower case). */
  readonly ignoredIds?: ReadonlySet<string>
}

/** Shorter ones ("a", "1", "caller") name a leg within one call, and would link strangers. */
const minLegIdLength = 8

/**
 * Rows for `call_links`, two per link: the graph is walked from either end. Node `id:<correlation id>`, other end
 * `<kind>:<value>`; `linked_correlation_id` joins two correlation ids directly. Ids that name nobody link nothing.
 */
export function linkRows(facts: LinkFacts, rules: LinkRules = {}): readonly (readonly Cell[])[] {
  const { tenant, correlationId, ids, expiresAtSeconds } = facts
  const rows: (readonly Cell[])[] = []
  if (namesNobody(correlationId, rules)) return rows
  const node = `id:${correlationId}`
  for (const kind of linkKinds) {
    const id = ids[kind]
    if (id === undefined || !links(kind, id, rules)) continue
    const other = `${kind === 'linked_correlation_id' ? 'id' : kind}:${id}`
    if (other !== node) rows.push([tenant, node, other, expiresAtSeconds], [tenant, other, node, expiresAtSeconds])
  }
  return rows
}

const namesNobody = (id: string, { ignoredIds }: LinkRules): boolean =>
  isNilId(id) || (ignoredIds?.has(id.toLowerCase()) ?? false)

const links = (kind: LinkKind, id: string, rules: LinkRules): boolean =>
  !namesNobody(id, rules) && (kind !== 'leg_id' || id.length >= minLegIdLength)

/** Writes a signal's links as effects, leaving out those that the memory knows to be stored. True when it wrote any. */
export type LinkWriter = (facts: LinkFacts, into: Effects) => boolean

export function createLinkWriter(options: LinkRules & { readonly memory?: LinkMemory } = {}): LinkWriter {
  const { memory } = options
  return function writeLinks(facts, into) {
    if (memory?.isStored(facts) === true) return false
    const rows = linkRows(facts, options)
    for (const cells of rows) into.row('call_links', cells)
    memory?.note(facts)
    return rows.length > 0
  }
}

/** The ids of a signal's data, and its trace. Always of one shape, and no more of the data is kept than this. */
export const linkIdsFrom = (data: LinkIds, traceId: string | undefined): LinkIds => ({
  trace_id: traceId ?? data.trace_id,
  call_id: data.call_id,
  session_id: data.session_id,
  conf_session_id: data.conf_session_id,
  leg_id: data.leg_id,
  sip_call_id: data.sip_call_id,
  sip_session_id: data.sip_session_id,
  linked_correlation_id: data.linked_correlation_id,
})

/** Trace id of a validated W3C traceparent (Trace Context level 1, clause 3.2): 32 hex characters after the version. */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35)
