import { setTimeout as sleep } from 'node:timers/promises'
import type { Difference } from '#contracts/audit.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { differences } from '#simulator/differences.ts'
import type { Harness } from '../harness.ts'
import { type Account, accountFor, type CountElsewhere, compareCalls, doubledOf, lostOf } from './identities.ts'
import type { TrafficFile } from './traffic-file.ts'

export interface Findings {
  readonly accounts: readonly Account[]
  readonly lost: number
  readonly doubled: number
  /** The same of samples and events call by call: sums over kinds would hide a loss behind a double. */
  readonly perCall: { readonly lost: number; readonly doubled: number }
  readonly calls: number
  /** Records that are not what was planned, with what is wrong. */
  readonly wrong: readonly { readonly call: string; readonly differences: readonly string[] }[]
  /** Live records of nothing that was sent. */
  readonly strangers: readonly string[]
  /** Member ids that more than one live record holds. */
  readonly shared: readonly string[]
  readonly audited: readonly Difference[]
}

/** What is looked at: an embedded install, or one of several workers on servers. */
export type Looked = Pick<Harness, 'drained' | 'records' | 'rows' | 'auditor'> & {
  readonly log: Pick<EventLog, 'read' | 'extent'>
}

/** Everything the promise of "no loss, no double count" can be held to, on an install that has dealt with all it was sent. */
export async function verify(harness: Looked, traffic: TrafficFile, elsewhere: CountElsewhere = {}): Promise<Findings> {
  await settled(harness)
  const records = await harness.records()
  const { truth } = traffic
  const accounts = await accountFor(harness, truth, elsewhere)
  const perCall = await compareCalls(harness, truth)
  const planned = new Set(truth.calls.map(({ id }) => id))
  return {
    accounts,
    perCall: { lost: lostOf(perCall), doubled: doubledOf(perCall) },
    lost: Math.max(lostOf(accounts), lostOf(perCall)),
    doubled: Math.max(doubledOf(accounts), doubledOf(perCall)),
    calls: truth.calls.length,
    wrong: truth.calls.flatMap((call) => {
      const found = differences(records.get(call.id), call)
      const name = `${call.tenant}/${call.id} (${[call.scenario, ...call.faults].join(', ')})`
      return found.length === 0 ? [] : [{ call: name, differences: found }]
    }),
    strangers: [...records.keys()].filter((id) => !planned.has(id)),
    shared: await sharedMembers(harness),
    audited: await harness.auditor.round(),
  }
}

const settleWithinMs = 300_000

/** Waits until every record is settled, as all of them must be: their event time is hours ago. */
export async function settled(harness: Looked): Promise<void> {
  const until = performance.now() + settleWithinMs
  for (;;) {
    await harness.drained()
    const [row] = await harness.rows<[number]>(
      `SELECT count() FROM calls FINAL WHERE is_deleted = 0 AND state != 'settled'`,
    )
    if ((row?.[0] ?? 0) === 0 || performance.now() > until) return
    await sleep(200)
  }
}

async function sharedMembers(harness: Looked): Promise<readonly string[]> {
  const rows = await harness.rows<[string, string]>(
    `SELECT tenant, arrayJoin(members) AS member FROM calls FINAL WHERE is_deleted = 0
     GROUP BY tenant, member HAVING count() > 1`,
  )
  return rows.map(([tenant, id]) => `${tenant}/${id}`)
}
