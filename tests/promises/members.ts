import type { LogRecord, Membership, Polled, PollLimits } from '#contracts/event-log.ts'

export const limits: PollLimits = { maxRecords: 1_000, maxBytes: 1_000_000, waitMs: 100 }
// A rebalance on a real broker takes seconds.
export const patienceMs = 30_000

export { textOf } from '#contracts/event-log.ts'

/** Poll until this many records came. More would be a surprise that the test should see: all are returned. */
export async function take(member: Membership, count: number, asked: PollLimits = limits): Promise<LogRecord[]> {
  const taken: LogRecord[] = []
  for (const patience = AbortSignal.timeout(patienceMs); taken.length < count; ) {
    if (patience.aborted) throw new Error(`Only ${taken.length} of ${count} records came.`)
    taken.push(...(await member.poll(asked)).records)
  }
  return taken
}

/** Poll until the member has an assignment. */
export const settle = (member: Membership, asked: PollLimits = limits): Promise<Polled> =>
  pollUntil(member, ({ assignment }) => assignment.length > 0, asked)

export const polledSince = (member: Membership, generation: number): Promise<Polled> =>
  pollUntil(member, (polled) => polled.generation > generation)

async function pollUntil(member: Membership, wanted: (polled: Polled) => boolean, asked = limits): Promise<Polled> {
  for (const patience = AbortSignal.timeout(patienceMs); !patience.aborted; ) {
    const polled = await member.poll(asked)
    if (wanted(polled)) return polled
  }
  throw new Error('The assignment this test waits for did not come.')
}

/** Poll all members until their assignments make up every partition once. Partitions of each, sorted. */
export async function shared(members: readonly Membership[], partitions: number): Promise<number[][]> {
  for (const patience = AbortSignal.timeout(patienceMs); !patience.aborted; ) {
    const polls = await Promise.all(members.map((member) => member.poll(limits)))
    const shares = polls.map(({ assignment }) => assignment.map(({ partition }) => partition).sort())
    const isSpread = shares.every((share) => share.length > 0)
    if (isSpread && new Set(shares.flat()).size === partitions && shares.flat().length === partitions) return shares
  }
  throw new Error('The members never shared the partitions.')
}
