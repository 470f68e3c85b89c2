import { type Facts, memberText, type StandingCall } from '#contracts/summaries.ts'
import { groupBy } from '#quality/grouping.ts'
import { factsOf, mergeFacts } from './facts.ts'

/** What frozen records still know of one correlation id, or of one trace. */
export interface Frozen {
  readonly facts: Facts
  readonly rawUntilMs: number
}

/** Facts of frozen records by member or subject, as memberText: raw may have lost some of them, their records have not. */
export function frozenFacts(standing: readonly StandingCall[]): ReadonlyMap<string, Frozen> {
  const frozen = new Map<string, Frozen>()
  for (const call of standing) {
    for (const [id, facts] of bySubject(call)) {
      const key = memberText({ tenant: call.record.tenant, id })
      const known = frozen.get(key)
      frozen.set(key, {
        facts: known === undefined ? facts : mergeFacts(known.facts, facts),
        rawUntilMs: Math.min(known?.rawUntilMs ?? call.rawUntilMs, call.rawUntilMs),
      })
    }
  }
  return frozen
}

/** Every member has an entry: of one with samples alone nothing is kept but that it is frozen. */
function bySubject(call: StandingCall): ReadonlyMap<string, Facts> {
  const facts = factsOf(call)
  const events = groupBy(facts.events, ({ row }) => row.correlationId)
  const cdrs = groupBy(facts.cdrs, ({ row }) => row.correlationId)
  const evidence = groupBy(facts.evidence, ({ row }) => row.subject)
  const subjects = new Set([...call.record.correlationIds, ...events.keys(), ...cdrs.keys(), ...evidence.keys()])
  return new Map(
    [...subjects].map((id) => [
      id,
      { events: events.get(id) ?? [], cdrs: cdrs.get(id) ?? [], evidence: evidence.get(id) ?? [] },
    ]),
  )
}
