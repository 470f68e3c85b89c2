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

/** A tenant with less than this waiting delays no other: a few hundred messages. */
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
  const ledger = createLedger(ticks)
  const rate = createRate()
  const rests = createRests()
  let isPaused = false
  let committedAt: number | undefined
  let wasBusy = false
  const perSecond = (): number => rate.bytes() / Math.max(1, ledger.sharers())
  const share = (): number => horizonSeconds * perSecond()

  function settle(tenant: string, bytes: number, at: number): void {
    const before = ledger.of(tenant)
    // Who is caught up with after a standstill was late for another reason.
    if (before !== undefined && bytes > littleBytes && before.bytes <= bytes + share())
      rests.begin(tenant, at, at - before.since - soonMs)
    ledger.add(tenant, -bytes)
    const left = ledger.of(tenant)
    if (left === undefined) return
    left.since = at
    left.credit = left.bytes > share() ? Math.min(share(), left.credit + creditShare * bytes) : 0
  }

  return {
    add: ledger.add,
    done(bytes, { isAtEnd }) {
      const at = ticks()
      let sum = 0
      for (const [tenant, count] of bytes) {
        sum += count
        settle(tenant, count, at)
      }
      // A reader that had little to do says nothing of what it can do.
      if (sum > 0 && wasBusy && committedAt !== undefined) rate.measure(sum, at - committedAt, ledger.total())
      committedAt = at
      // Whatever was not counted right is right again: what was appended since is little.
      if (isAtEnd && sum === 0) ledger.clear()
      wasBusy = ledger.total() > 0
    },
    pause(now) {
      isPaused = now
    },
    refuses(tenant, { bytes, inHand }) {
      if (isPaused || committedAt === undefined || ticks() - committedAt > stalledMs) return undefined
      const known = ledger.of(tenant)
      const own = (known?.bytes ?? 0) + inHand
      if (own + bytes <= littleBytes) return undefined
      const restMs = rests.leftMs(tenant, ticks())
      if (restMs > 0) return Math.ceil(restMs / 1_000)
      // One request may come in any case, however large.
      if (own <= littleBytes || own + bytes <= share()) return undefined
      if (known !== undefined && known.credit >= bytes) {
        known.credit -= bytes
        return undefined
      }
      return Math.min(longestRetrySeconds, Math.max(1, Math.ceil((own + bytes - share()) / perSecond())))
    },
    byTenant: ledger.byTenant,
  }
}

/** Bytes by tenant. Who has none is forgotten. */
function createLedger(ticks: () => number) {
  const tenants = new Map<string, Waiting>()
  let total = 0
  let sharers = 0
  return {
    of: (tenant: string): Waiting | undefined => tenants.get(tenant),
    total: () => total,
    /** Tenants with more than a little. */
    sharers: () => sharers,
    add(tenant: string, bytes: number): void {
      const known = tenants.get(tenant) ?? { bytes: 0, since: ticks(), credit: 0 }
      const after = Math.max(0, known.bytes + bytes)
      sharers += Number(after > littleBytes) - Number(known.bytes > littleBytes)
      total += after - known.bytes
      known.bytes = after
      if (after > 0) tenants.set(tenant, known)
      else tenants.delete(tenant)
    },
    clear(): void {
      tenants.clear()
      total = 0
      sharers = 0
    },
    byTenant: () => new Map([...tenants].map(([tenant, { bytes }]) => [tenant, bytes])),
  }
}

/** What a reader stores in a second while it has enough to do. */
function createRate() {
  let rate = firstRate
  return {
    bytes: () => rate,
    /** A batch was committed after this time of work, with so much left. It shows less than it could where hardly any was. */
    measure(bytes: number, ms: number, left: number): void {
      if (ms <= 0) return
      const found = Math.min(mostRate, (1_000 * bytes) / ms)
      if (found > rate || left > (horizonSeconds * rate) / 2) rate = Math.max(leastRate, rate + weight * (found - rate))
    },
  }
}

/**
 * Tenants that rest: what is stored later than it should be, because one tenant has sent much, would take half as long had it
 * sent half as much. Those that have rested are forgotten.
 */
function createRests() {
  const untils = new Map<string, number>()
  return {
    begin(tenant: string, at: number, ms: number): void {
      for (const [rested, until] of untils) if (until <= at) untils.delete(rested)
      if (ms > 0) untils.set(tenant, at + Math.min(longestRestMs, ms))
    },
    leftMs: (tenant: string, at: number): number => (untils.get(tenant) ?? 0) - at,
  }
}
