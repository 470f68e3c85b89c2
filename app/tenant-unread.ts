/** What one pipeline has not dealt with, by tenant, and how fast it goes on. */
export interface Unread {
  add(tenant: string, bytes: number): void
  /** A batch is committed: bytes by tenant. At the end of the log there is nothing left. */
  done(bytes: ReadonlyMap<string, number>, at: { readonly isAtEnd: boolean }): void
  /** A store takes nothing. */
  pause(isPaused: boolean): void
  refuses(tenant: string, request: { readonly bytes: number; readonly inHand: number }): number | undefined
  byTenant(): ReadonlyMap<string, number>
}

/** So much work may wait: what a tenant sends meanwhile comes after it. */
const horizonSeconds = 1

/** Before anything was measured, and at least. On two busy cores a pipeline stores about a megabyte a second. */
const firstRate = 1_000_000
const leastRate = 250_000
const mostRate = 64_000_000

/** A tenant with less than this waiting delays nobody: a few hundred messages. */
const littleBytes = 64 * 1_024

/** When nothing was committed for so long, readers stand still: the log keeps what comes, as it does while a store is away. */
const stalledMs = 15_000

/** What is sent is stored within this time as long as there is enough of everything, milliseconds. */
const soonMs = 1_500

/** Who was served later than that rests as long as it was too late, at most, milliseconds. */
const longestRestMs = 10_000

/** Part of a new measurement in the rate. */
const weight = 0.3

/** What is caught up with after a standstill lets half as much in. */
const creditShare = 0.5

const longestRetrySeconds = 30

interface Waiting {
  bytes: number
  /** When the oldest of them came, or the batch before it was committed. */
  since: number
  /** Bytes that may come although more waits than may. */
  credit: number
}

export function createUnread(ticks: () => number): Unread {
  const tenants = new Map<string, Waiting>()
  const rests = new Map<string, number>()
  let total = 0
  let sharers = 0
  let rate = firstRate
  let isPaused = false
  let committedAt: number | undefined
  let wasBusy = false

  function add(tenant: string, bytes: number): void {
    const known = tenants.get(tenant) ?? { bytes: 0, since: ticks(), credit: 0 }
    const after = Math.max(0, known.bytes + bytes)
    sharers += Number(after > littleBytes) - Number(known.bytes > littleBytes)
    total += after - known.bytes
    known.bytes = after
    if (after > 0) tenants.set(tenant, known)
    else tenants.delete(tenant)
  }

  const share = (): number => (horizonSeconds * rate) / Math.max(1, sharers)

  /** Of a reader that was busy all the time since its last commit. One that had little to do says nothing of what it can do. */
  function measure(bytes: number, at: number): void {
    if (!wasBusy || committedAt === undefined || at <= committedAt) return
    const found = Math.min(mostRate, (1_000 * bytes) / (at - committedAt))
    if (found > rate || total > (horizonSeconds * rate) / 2) rate = Math.max(leastRate, rate + weight * (found - rate))
  }

  /** What takes longer than it should when one tenant has sent much would take half as long had it sent half as much. */
  function rest(tenant: string, bytes: number, at: number): void {
    for (const [rested, until] of rests) if (until <= at) rests.delete(rested)
    const tookMs = at - (tenants.get(tenant)?.since ?? at)
    if (bytes > littleBytes && tookMs > soonMs) rests.set(tenant, at + Math.min(longestRestMs, tookMs - soonMs))
  }

  function forgetAll(): void {
    tenants.clear()
    total = 0
    sharers = 0
  }

  return {
    add,
    done(bytes, { isAtEnd }) {
      const at = ticks()
      let sum = 0
      for (const [tenant, count] of bytes) {
        sum += count
        rest(tenant, count, at)
        add(tenant, -count)
        const left = tenants.get(tenant)
        if (left === undefined) continue
        left.since = at
        left.credit = left.bytes > share() ? Math.min(share(), left.credit + creditShare * count) : 0
      }
      if (sum > 0) measure(sum, at)
      committedAt = at
      // Whatever was not counted right is right again: what was appended since is little.
      if (isAtEnd && sum === 0) forgetAll()
      wasBusy = total > 0
    },
    pause(now) {
      isPaused = now
    },
    refuses(tenant, { bytes, inHand }) {
      if (isPaused || committedAt === undefined || ticks() - committedAt > stalledMs) return undefined
      const known = tenants.get(tenant)
      const own = (known?.bytes ?? 0) + inHand
      if (own + bytes <= littleBytes) return undefined
      const restMs = (rests.get(tenant) ?? 0) - ticks()
      if (restMs > 0) return Math.ceil(restMs / 1_000)
      // One request may come in any case, however large.
      if (own <= littleBytes || own + bytes <= share()) return undefined
      if (known !== undefined && known.credit >= bytes) {
        known.credit -= bytes
        return undefined
      }
      const seconds = Math.ceil((own + bytes - share()) / (rate / Math.max(1, sharers)))
      return Math.min(longestRetrySeconds, Math.max(1, seconds))
    },
    byTenant: () => new Map([...tenants].map(([tenant, waiting]) => [tenant, waiting.bytes])),
  }
}
