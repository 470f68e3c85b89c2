import { createTrustedClock } from '#app/clock/trusted-clock.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import type { Change } from '#contracts/changes.ts'
import type { DeadLetter } from '#contracts/dead-letters.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { announcements } from '#pipelines/announce.ts'
import { readDeadLetter } from '#sinks/dead-letter/read.ts'
import { type Messages, messagesOf } from '#tests/builders.ts'
import { type Harness, type HarnessOptions, startHarness } from '#tests/harness.ts'

/** A clock that runs as the real one does, from where a test has put it. */
export interface MovingClock {
  now(): number
  /** Time passes; less than nothing: the clock is set back. */
  advance(ms: number): void
  /** Puts it there; never back, which `advance` may. */
  reach(ms: number): void
  /** Milliseconds of time that has passed, however the clock was set. */
  steady(): number
}

export function movingClock(startMs: number): MovingClock {
  let offsetMs = startMs - Date.now()
  let passedMs = 0
  const now = () => Date.now() + offsetMs
  return {
    now,
    advance(ms) {
      offsetMs += ms
      passedMs += Math.max(0, ms)
    },
    reach(ms) {
      const aheadMs = Math.max(0, ms - now())
      offsetMs += aheadMs
      passedMs += aheadMs
    },
    steady: () => performance.now() + passedMs,
  }
}

/** A record as any tenant's would be: what two deliveries of the same messages must agree on. */
export type PlainRecord = Omit<CallRecord, 'tenant'>
export type PlainRecords = Readonly<Record<string, PlainRecord>>

/** An embedded install under a clock of its own, with tenants enough that each case has fresh ones. */
export interface Flow extends Harness {
  readonly clock: MovingClock
  freshTenant(): string
  /** Appends in one call to the log: one batch, unless a pipeline is quicker. */
  deliver(...records: readonly NewRecord[]): Promise<void>
  /** Moves the clock on until nothing of this tenant can change by itself any more, and returns its records by id. */
  settled(tenant: string, moreMs?: number): Promise<PlainRecords>
  /** The same of several tenants, in their order. */
  allSettled(tenants: readonly string[], moreMs?: number): Promise<readonly PlainRecords[]>
  /** Records as they stand. Fails where a correlation id is a member of two live rows. */
  recordsOf(tenant: string): Promise<PlainRecords>
  /** Parts two ids by hand (or joins them again) and announces every member of the component they were in. */
  announceCut(
    tenant: string,
    pair: readonly [string, string],
    members: readonly string[],
    action?: 'cut' | 'join',
  ): Promise<void>
  announce(tenant: string, ids: readonly string[], change?: Partial<Change>): Promise<void>
  letters(tenant?: string): Promise<readonly DeadLetter[]>
}

const tenantCount = 200
/** Each look at an empty log costs something, and several files of tests share two cores. */
const limits = { lingerMs: 20, waitMs: 100, watermarkEveryMs: 50 }
const pace = { runningDelayMs: 0, dueEveryMs: 100, cycleMs: 200 }
/** Past every silence time-out of a call with media, the time it takes to settle, and the lag of the watermark. */
const settleMs = 30 * 60_000
/** Of the real clock. */
const patienceMs = 30_000

interface FlowOptions extends HarnessOptions {
  /** Jumps of the clock are held, as a process does; otherwise any time that the clock says is believed. */
  readonly holdsJumps?: boolean
}

export async function startFlow(startMs: number, { holdsJumps, ...options }: FlowOptions = {}): Promise<Flow> {
  const clock = movingClock(startMs)
  const present = holdsJumps === true ? createTrustedClock({ wall: clock.now, steady: clock.steady }).now : clock.now
  const tenants = Array.from({ length: tenantCount }, (_, at) => `t${String(at).padStart(3, '0')}`)
  const harness = await startHarness({ clock: present, tenants, limits, pace, ...options })
  let used = 0

  async function recordsOf(tenant: string): Promise<PlainRecords> {
    const rows = await harness.rows<[string]>(
      `SELECT record FROM calls FINAL WHERE is_deleted = 0 AND tenant = '${tenant}' ORDER BY id, at`,
    )
    const records = rows.map(([text]) => {
      const { tenant: _, ...record } = JSON.parse(text) as CallRecord
      return record
    })
    const members = records.flatMap(({ correlationIds }) => correlationIds)
    const twice = members.filter((id, at) => members.indexOf(id) !== at)
    if (twice.length > 0) throw new Error(`more than one live record of ${[...new Set(twice)].join(', ')}`)
    return Object.fromEntries(records.map((record) => [record.id, record]))
  }

  async function announce(tenant: string, ids: readonly string[], change: Partial<Change> = {}): Promise<void> {
    const whole = { minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0, ...change } as const
    await harness.append(announcements(ids.map((id) => ({ tenant, id, ...whole }))))
  }

  async function allSettled(of: readonly string[], moreMs = settleMs): Promise<readonly PlainRecords[]> {
    await harness.drained()
    clock.advance(moreMs)
    for (const since = Date.now(); ; ) {
      await harness.drained()
      const records = await Promise.all(of.map(recordsOf))
      const open = records.flatMap((ofTenant) => Object.values(ofTenant)).filter(({ state }) => state !== 'settled')
      if (open.length === 0) return records
      const told = open.map(({ id, state, startedMs }) => `${id} ${state} since ${new Date(startedMs).toISOString()}`)
      if (Date.now() - since > patienceMs) throw new Error(`does not settle: ${told.join(', ')}`)
    }
  }

  return {
    ...harness,
    clock,
    recordsOf,
    announce,
    freshTenant() {
      const tenant = tenants[used++]
      if (tenant === undefined) throw new Error('raise tenantCount')
      return tenant
    },
    deliver: (...records) => harness.append(records),
    settled: async (tenant, moreMs) => (await allSettled([tenant], moreMs))[0] ?? {},
    allSettled,
    async announceCut(tenant, [a, b], members, action = 'cut') {
      await harness.registry.cuts.add({ tenant, a, b, action, by: 'a test' })
      await announce(tenant, members)
    },
    async letters(tenant) {
      const [extent] = await harness.log.extent(topicNames.deadLetter)
      if (extent === undefined) return []
      const records = await harness.log.read({ ...extent, offset: extent.start }, 10_000)
      const letters = records.flatMap((record) => readDeadLetter(record) ?? [])
      return tenant === undefined ? letters : letters.filter((letter) => letter.tenant === tenant)
    },
  }
}

/** A tenant of its own, its messages, and a time line for them: seconds after a moment ten minutes ago. */
export interface Stage extends Messages {
  readonly tenant: string
  at(second: number): number
}

export function aStage(flow: Flow): Stage {
  const tenant = flow.freshTenant()
  const startMs = Math.floor(flow.clock.now() / 1_000) * 1_000 - 600_000
  return { tenant, at: (second) => startMs + second * 1_000, ...messagesOf(tenant) }
}

/** Ends of the intervals between two moments, seconds. */
export const everyFew = (from: number, to: number, step = 5): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) }, (_, n) => from + step * (n + 1))

/** The last minutes of a month still to come: calls that cross them lie in two partitions of every raw table. */
export function monthEnd(monthsOn: number): number {
  const now = new Date()
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1 + monthsOn, 1)
}
