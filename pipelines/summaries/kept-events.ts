import type { CallEventRow } from '#contracts/call-record.ts'
import { type CallInputs, memberText, type Place, type RecomputeContext } from '#contracts/summaries.ts'
import { groupBy } from '#quality/grouping.ts'

/** What a frozen record still knows of one of its members. */
export interface Kept {
  readonly events: readonly CallEventRow[]
  readonly rawUntilMs: number
}

/** Events of frozen records, by member: raw may have lost some of them, their record has not. */
export async function keptEvents(
  places: readonly Place[],
  context: RecomputeContext,
  inputs: CallInputs,
): Promise<ReadonlyMap<string, Kept>> {
  const kept = new Map<string, Kept>()
  for (const { tenant, events, rawUntilMs } of await inputs.frozen(places, context)) {
    for (const [id, own] of groupBy(events, ({ correlationId }) => correlationId)) {
      const key = memberText({ tenant, id })
      const known = kept.get(key)
      kept.set(key, {
        events: [...(known?.events ?? []), ...own],
        rawUntilMs: Math.min(known?.rawUntilMs ?? rawUntilMs, rawUntilMs),
      })
    }
  }
  return kept
}
