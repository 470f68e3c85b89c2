import type { NewRecord } from '#contracts/event-log.ts'
import { shardOf } from '#contracts/sharding.ts'
import { messagesOf } from '#tests/builders.ts'

/** Two calls that turn out to be one: `first` becomes canonical, and two members of a group own their shards. */
export interface LinkedPair {
  readonly tenant: string
  readonly first: string
  readonly second: string
  /** Both calls as far as they are known at first. */
  readonly before: readonly NewRecord[]
  /** Media of both kinds that comes late, and the event that links them. */
  readonly late: readonly NewRecord[]
}

/** What a pair must come to, whatever happened on the way. */
export const wholePair = { events: 7, packets: 20 * 250, cumulativePackets: 5 * 250 } as const

/** Partition p goes to member p mod 2. */
const ownerOf = (tenant: string, id: string): number => shardOf(tenant, id) % 2

export function linkedPair(tenant: string, startMs: number): LinkedPair {
  const second = 'leg-of-the-callee'
  let first = 'a'
  for (let at = 0; ownerOf(tenant, first) === ownerOf(tenant, second); at++) first = `call-${at}`
  const { event, sample } = messagesOf(tenant)
  const at = (seconds: number) => startMs + seconds * 1_000
  const measured = (id: string, from: number, to: number) => {
    const leg_id = id === first ? 'near' : 'far'
    return Array.from({ length: (to - from) / 5 }, (_, n) => sample(id, at(from + 5 * (n + 1)), { leg_id }))
  }
  /** Counters that have run since the start: each sample is measured from the one before. */
  const counted = (from: number, to: number) =>
    Array.from({ length: (to - from) / 5 + 1 }, (_, n) =>
      sample(first, at(from + 5 * n), {
        ...{ leg_id: 'caller', direction: 'send', scope: 'cumulative', interval_ms: undefined, ssrc: 7 },
        packets_received: 50 * (from + 5 * n),
      }),
    )
  return {
    ...{ tenant, first, second },
    before: [
      event(first, 'call.started', at(0)),
      event(first, 'call.answered', at(2)),
      event(first, 'call.ended', at(180)),
      event(second, 'call.started', at(1)),
      event(second, 'call.answered', at(2)),
      event(second, 'call.ended', at(181)),
      ...measured(first, 5, 30),
      ...measured(second, 5, 30),
      ...counted(60, 70),
    ],
    late: [
      ...measured(first, 65, 90),
      ...measured(second, 125, 150),
      ...counted(70, 85),
      event(second, 'call.leg_added', at(30), { linked_correlation_id: first }),
    ],
  }
}
