import { heavyTenants } from './tenant-load.ts'
import { groupedByTenant, shareOut, tenantOf } from './tenant-shares.ts'
import { mayTake, type Ripe, ripe, type Taker, type WaitingCalls } from './waiting-calls.ts'

/** When, and at most how many. */
export interface Take {
  readonly nowMs: number
  readonly limit: number
}

/** Ripe ones that go along with a batch of pressing ones. More are left to the other taker: what presses next must not wait. */
const maxBesidePressing = 300

/** Part of a batch that changes for the worse have to themselves, however much presses. */
const worseShare = 0.25

/** When nothing has been taken of what presses for so long, whoever takes it is stuck with something. */
const stuckMs = 5_000

/** What waits is a hundred thousand calls at most, and a look at them some ten milliseconds. */
const lookEveryMs = 500

/** The same of running figures, whose batches take longer. */
const leftMs = 20_000

/**
 * Calls of a batch of tenants that have more than their share, while others are active: what these send meanwhile is computed
 * beside it, at half the speed, until it ends. So few cost little more than one.
 */
const heavyBatch = 500

/** Such a batch waits for the others' to end, but no longer than this since the last one: it must go on, too. */
const longestYieldMs = 4_000

/** Part of such a batch that tenants within their share have for running figures. */
const lightShare = 0.5

const nothing: Ripe = { worse: [], others: [] }

/**
 * What presses, what goes worse, and what else there is room for: by equal shares of tenants. Those that have more than their
 * share are left to the other taker, while others are active.
 */
export function chosenFirst(calls: WaitingCalls, { nowMs, limit }: Take): readonly string[] {
  const mayLook = nowMs >= Math.max(calls.lookAgainMs, Math.min(calls.worseAtMs, calls.othersAtMs))
  const found = mayLook ? ripe(calls, nowMs) : nothing
  const heavy = heavyOf(calls, nowMs)
  if (heavy.size === 0) return filled(calls, found, { nowMs, limit })
  const light = filled(calls, withoutThese(found, heavy), { nowMs, limit, tenants: (tenant) => !heavy.has(tenant) })
  if (mayLook && light.length === 0) calls.lookAgainMs = nowMs + lookEveryMs
  const isLeft = light.length > 0 || nowMs - calls.besideMs < leftMs
  return isLeft ? light : filled(calls, found, { nowMs, limit: Math.min(limit, heavyBatch) })
}

/** What goes worse was counted at the last look; when there is nothing to be looked for, it has been taken. */
const heavyOf = (calls: WaitingCalls, nowMs: number): ReadonlySet<string> =>
  heavyTenants(calls.pressing, nowMs < calls.worseAtMs ? new Map() : calls.worse, (tenant) =>
    calls.active.hasOthers(tenant, nowMs),
  )

const withoutThese = ({ worse, others }: Ripe, heavy: ReadonlySet<string>): Ripe => ({
  worse: worse.filter((key) => !heavy.has(tenantOf(key))),
  others: others.filter((key) => !heavy.has(tenantOf(key))),
})

interface Filling extends Take {
  /** Tenants that take part; without it all. */
  readonly tenants?: (tenant: string) => boolean
}

function filled(calls: WaitingCalls, { worse, others }: Ripe, filling: Filling): readonly string[] {
  const { nowMs, limit } = filling
  const kept = Math.min(worse.length, Math.ceil(worseShare * limit))
  const first = pressed(calls, 'pressing', { ...filling, skip: 0, room: limit - kept })
  const chosen = [...first, ...shareOut(groupedByTenant(worse), { room: limit - first.length })]
  const room = limit - chosen.length
  // While a flood is caught up with, all hands are wanted.
  const late = others.filter((key) => calls.times.inFlood(tenantOf(key), nowMs))
  const beside = late.length > 0 ? late : others.length <= maxBesidePressing ? others : []
  return [...chosen, ...inTurn(calls, beside, room)]
}

export interface TakeBeside extends Take {
  /** What presses is being computed. */
  readonly firstIsBusy: boolean
}

/** Running changes, and what presses where the last take of that leaves it or did not come. */
export function chosenBeside(calls: WaitingCalls, take: TakeBeside, lastTake: Take): readonly string[] {
  const { nowMs, limit } = take
  calls.besideMs = nowMs
  const stuck = nowMs - lastTake.nowMs > stuckMs
  const heavy = heavyOf(calls, nowMs)
  if (heavy.size > 0) return besideHeavy(calls, take, { heavy, stuck })
  const skip = stuck ? 0 : lastTake.limit
  const urgent = pressed(calls, 'running', { skip, room: limit })
  if (urgent.length > 0 && (stuck || calls.pressing.size > 2 * skip)) return urgent
  const mayLook = nowMs >= calls.othersAtMs || (stuck && nowMs >= calls.worseAtMs)
  const { worse, others } = mayLook ? ripe(calls, nowMs) : nothing
  const behind = stuck ? worse.filter((key) => mayTake(calls, 'running', key)).slice(0, limit) : []
  if (behind.length > 0) return behind
  return others.length > 0 ? inTurn(calls, others, limit) : urgent
}

/**
 * While some tenants have more than their share: running figures of all others, which do not wait for what presses of those,
 * and as much of theirs as is done with soon. Where the other taker is stuck, what it leaves of all others comes first.
 */
function besideHeavy(
  calls: WaitingCalls,
  take: TakeBeside,
  { heavy, stuck }: { readonly heavy: ReadonlySet<string>; readonly stuck: boolean },
): readonly string[] {
  const { nowMs, limit, firstIsBusy } = take
  const isHeavy = (tenant: string): boolean => heavy.has(tenant)
  const behind = stuck ? pressed(calls, 'running', { skip: 0, room: limit, tenants: (of) => !isHeavy(of) }) : []
  if (behind.length > 0) return behind
  if (firstIsBusy && nowMs - calls.heavyMs < longestYieldMs) return []
  calls.heavyMs = nowMs
  const room = Math.min(limit, heavyBatch)
  const may = (key: string): boolean => mayTake(calls, 'running', key)
  const { worse, others } = nowMs >= Math.min(calls.othersAtMs, calls.worseAtMs) ? ripe(calls, nowMs) : nothing
  const light = others.filter((key) => !isHeavy(tenantOf(key)))
  const figures = inTurn(calls, light, Math.ceil(lightShare * room))
  const left = room - figures.length
  const bad = shareOut(groupedByTenant(worse), { room: Math.ceil(worseShare * left), may, tenants: isHeavy })
  const urgent = pressed(calls, 'running', { skip: 0, room: left - bad.length, tenants: isHeavy })
  const more = inTurn(calls, others, left - bad.length - urgent.length).filter((key) => !figures.includes(key))
  return [...figures, ...bad, ...urgent, ...more]
}

interface Pressed {
  readonly skip: number
  readonly room: number
  readonly tenants?: (tenant: string) => boolean
}

/** Pressing ones that the taker may take, without the first `skip`. */
function pressed(calls: WaitingCalls, taker: Taker, { skip, room, tenants = () => true }: Pressed): readonly string[] {
  if (calls.pressing.size <= skip) return []
  const may = (key: string): boolean => mayTake(calls, taker, key)
  const keys = shareOut(calls.pressing.byTenant, { room: skip + room, may, tenants }).slice(skip)
  calls.pressing.served(new Set(keys.map(tenantOf)))
  return keys
}

/**
 * As many as there is room for, by equal shares of tenants: of each in order of id, going on where its last turn ended, because
 * ids next to each other share what is read of raw.
 */
function inTurn(calls: WaitingCalls, keys: readonly string[], room: number): readonly string[] {
  if (room <= 0) return []
  if (keys.length <= room) return keys
  const before = calls.cursors
  const groups = [...groupedByTenant([...keys].sort())].map(
    ([tenant, ofTenant]) => [tenant, onFrom(ofTenant, before.get(tenant))] as const,
  )
  const chosen = shareOut(new Map(turned(groups, calls.turn++)), { room })
  const reached = new Map(chosen.map((key) => [tenantOf(key), key]))
  calls.cursors = new Map(groups.map(([tenant]) => [tenant, reached.get(tenant) ?? before.get(tenant) ?? '']))
  return chosen
}

function onFrom(ordered: readonly string[], last: string | undefined): readonly string[] {
  const from =
    last === undefined
      ? 0
      : Math.max(
          0,
          ordered.findIndex((key) => key > last),
        )
  return [...ordered.slice(from), ...ordered.slice(0, from)]
}

/** With more tenants than room it is not always the same ones that come first. */
function turned<Item>(items: readonly Item[], turn: number): readonly Item[] {
  const first = turn % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
