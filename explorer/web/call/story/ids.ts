import type { CallRecord } from '#contracts/call-record.ts'

export interface NamedId {
  readonly kind: string
  readonly id: string
}

/** Everything the call is known by, here and elsewhere. */
export function idsOf({ correlationIds, traceIds, ids }: CallRecord): readonly NamedId[] {
  return [
    ...correlationIds.map((id) => ({ kind: 'correlation', id })),
    ...Object.entries(ids).flatMap(([kind, all]) => all.map((id) => ({ kind, id }))),
    ...traceIds.map((id) => ({ kind: 'trace', id })),
  ]
}
