import type { Change } from '#contracts/changes.ts'
import type { Polled } from '#contracts/event-log.ts'

/** Behind the log by this much, a pipeline is catching up: what it reads is news to nobody. */
const lateAfterMs = 30_000

/** So does one that has this many messages before it: ten seconds of what one process keeps up with. */
const lateBehind = 100_000

/** And it does so to the end, a batch of messages away from it: the last of a flood is no more news than the first. */
const caughtUpBehind = 30_000

/** Says of one batch after another whether it was read late (docs/decisions/0017-late-reading-waits.md). */
export function createReadLate(): (polled: Polled) => boolean {
  let catchesUp = false
  return ({ records, positions, logNowMs }) => {
    const behind = positions.reduce((sum, { next, end }) => sum + end - next, 0)
    catchesUp = behind > (catchesUp ? caughtUpBehind : lateBehind)
    return catchesUp || (records.length > 0 && records.every(({ logTimeMs }) => logNowMs - logTimeMs > lateAfterMs))
  }
}

/** So much of what was read late may be computed at once all the same: it makes the catching up no longer. */
const littleShare = 0.1

/**
 * Changes of a batch that was read late. They wait for the end of the flood: computing a call for its start, its samples and
 * its end would make it last longer. But those of the tenants that have least in it, a tenth of the batch together, do not:
 * the flood is not theirs, and hardly any more is to come of their calls.
 */
export function* asReadLate(changes: readonly Change[]): Generator<Change> {
  const prompt = tenantsWithLittle(changes)
  for (const change of changes) yield prompt.has(change.tenant) ? change : { ...change, late: true }
}

function tenantsWithLittle(changes: readonly Change[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { tenant } of changes) counts.set(tenant, 1 + (counts.get(tenant) ?? 0))
  const little = new Set<string>()
  let room = littleShare * changes.length
  for (const [tenant, count] of [...counts].sort(([, a], [, b]) => a - b)) {
    room -= count
    if (room < 0) break
    little.add(tenant)
  }
  return little
}
