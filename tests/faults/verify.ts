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
    audited: await audit(harness, traffic),
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

/** One look folds a bounded number of records again (500): a slice should hold fewer. */
const callsPerSlice = 150
const minuteMs = 60_000
const strayAheadMs = 3 * 3_600_000

/** The auditor's whole round over the time of the traffic. */
export async function audit(
  { auditor }: Pick<Looked, 'auditor'>,
  traffic: TrafficFile,
): Promise<readonly Difference[]> {
  const found: Difference[] = []
  for (const [from, to] of slicesOf(traffic)) found.push(...(await auditor.look(from, to)))
  // What is wrong with a whole record shows at every look.
  return [...new Map(found.map((one) => [`${one.kind} ${one.tenant} ${one.id} ${one.seen}`, one])).values()]
}

/** The days before the traffic, when its longest calls began, as one; then as many slices as its calls ask for, in whole minutes. */
function slicesOf({ fromMs, startMs, toMs, truth }: TrafficFile): readonly (readonly [number, number])[] {
  const slices = Math.ceil(truth.calls.length / callsPerSlice)
  const stepMs = Math.ceil((toMs - startMs) / slices / minuteMs) * minuteMs
  const firstMs = Math.floor(startMs / minuteMs) * minuteMs
  const rest = Array.from(
    { length: slices + 1 },
    (_, at) => [firstMs + at * stepMs, firstMs + (at + 1) * stepMs] as const,
  )
  // A record that stands where none should may stand later than any call.
  return [[fromMs, firstMs], ...rest, [firstMs + (slices + 1) * stepMs, toMs + strayAheadMs]]
}
