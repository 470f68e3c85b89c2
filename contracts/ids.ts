/** Ids that mean "nobody": they never link two calls and are treated as absent (RFC 7989 clause 4.2: the nil UUID). */
const nobody = new Set(['', '0', '-', 'null', 'nil', 'none', 'unknown', 'undefined'])
const zeros = /^[0-]+$/

/** True when an id names nothing: empty, "0", a nil UUID or W3C all-zero trace id, or a placeholder word. */
export const isNilId = (id: string): boolean => zeros.test(id) || nobody.has(id.toLowerCase())

/** Kinds of ids that can say that two correlation ids name the same call. One literal list. */
export const linkKinds = [
  'trace_id',
  'call_id',
  'session_id',
  'conf_session_id',
  'leg_id',
  'sip_call_id',
  'sip_session_id',
  'linked_correlation_id',
] as const
export type LinkKind = (typeof linkKinds)[number]

/** Links that still count when a component has outgrown its bound (docs/architecture.md, promise 5). */
export const explicitLinkKinds: readonly LinkKind[] = ['conf_session_id', 'leg_id', 'linked_correlation_id']

/** Before a trace id, where a call is asked for by that: no correlation id begins with it. */
export const traceIdPrefix = 'trace:'

/** What is said of a field that holds such an id. */
export const reservedId = `begins with "${traceIdPrefix}", by which calls are asked for by their trace id: send another id`

/** The field of an event whose correlation id could not be told from a trace id; undefined: none. */
export function reservedIn(event: object): string | undefined {
  const { correlationid, data } = event as { readonly correlationid?: unknown; readonly data?: unknown }
  if (isReserved(correlationid)) return 'correlationid'
  const linked = (data as { readonly linked_correlation_id?: unknown } | null | undefined)?.linked_correlation_id
  return isReserved(linked) ? 'data.linked_correlation_id' : undefined
}

const isReserved = (id: unknown): boolean => typeof id === 'string' && id.startsWith(traceIdPrefix)
