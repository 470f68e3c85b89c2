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
