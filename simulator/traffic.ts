import type { EpochMs } from '#contracts/call-record.ts'
import type { SimulatedMessage } from './message.ts'
import type { CallDraft } from './plan.ts'
import { createScenarioPicker, type FaultRates, layFaults, meanCallMs, planCall } from './planning.ts'
import { createPlayer } from './player.ts'
import { createRandom, type Random } from './random.ts'
import type { CallTruth, TrafficTruth } from './truth.ts'
import { type TenantWorld, tenantWorlds } from './world.ts'

export interface TrafficOptions {
  readonly seed: number
  readonly calls: number
  /** Event time of the first call. */
  readonly startMs: EpochMs
  /** Calls open at once, on average. */
  readonly concurrent?: number
  /** Customers there are, those of the simulated platform by default. */
  readonly worlds?: readonly TenantWorld[]
  /** Ids of tenants to play; all by default. */
  readonly tenants?: readonly string[]
  /** Scenarios to draw from, by name; all by default, by weight. */
  readonly scenarios?: readonly string[]
  /** Share of calls with each delivery fault; `none` for none at all. What is not named keeps its usual rate. */
  readonly faults?: FaultRates | 'none'
  /** Length of ordinary measuring intervals, 2 to 10 s: shorter ones hold too few packets for exact planning, longer ones hide a bad stretch. */
  readonly intervalMs?: number
  /** Malformed messages, as a share of all messages. */
  readonly poison?: number
  /** So many calls of the first tenant carry one SIP session id between them: a hub, which must link nobody. At least 66. */
  readonly hubCalls?: number
  /** Called with each call's truth when its last message has been made. Without it `truth` collects them. */
  readonly onCall?: (truth: CallTruth) => void
}

/** Traffic and its truth. `messages` is read once; memory holds the calls open at that moment, not the traffic. */
export interface Traffic {
  readonly messages: IterableIterator<SimulatedMessage>
  /**
   * Of what has been made so far: whole once `messages` is exhausted. Calls come in order of their last message;
   * with `onCall` the list is empty.
   */
  truth(): TrafficTruth
}

const minHubCalls = 66

/** Seeded traffic with known truth. The same options give the same messages, byte for byte, on every machine. */
export function simulateTraffic(options: TrafficOptions): Traffic {
  const random = createRandom(options.seed)
  const collected: CallTruth[] = []
  const player = createPlayer({
    random: random.fork('player'),
    poison: options.poison ?? 0,
    startMs: options.startMs,
    worlds: options.worlds ?? tenantWorlds,
    onCall: options.onCall ?? ((truth) => collected.push(truth)),
  })
  return {
    messages: player.play(plannedCalls(options, random)),
    truth: () => ({ seed: options.seed, totals: player.totals(), calls: collected }),
  }
}

/** The calls in order of arrival, each planned when its turn comes. */
function* plannedCalls(options: TrafficOptions, random: Random): Generator<CallDraft> {
  const { calls, startMs, concurrent = 50, intervalMs = 5_000, hubCalls = 0 } = options
  if (intervalMs < 2_000 || intervalMs > 10_000) throw new Error('intervalMs must lie between 2000 and 10000')
  if (hubCalls !== 0 && (hubCalls < minHubCalls || calls < 2 * hubCalls)) {
    throw new Error(`hubCalls must be at least ${minHubCalls}, and calls at least twice as many`)
  }
  const tenants = chosenTenants(options)
  const pick = createScenarioPicker(options.scenarios)
  const arrivals = random.fork('arrivals')
  let arrivalMs = startMs
  let hubs = 0
  for (let index = 0; index < calls; index++) {
    const scenario = pick(arrivals)
    const inHub = hubs < hubCalls
    const choices = inHub ? tenants.slice(0, 1) : tenants
    const draft = planCall({ index, scenario, random, tenants: choices, arrivalMs, intervalMs })
    if (inHub && draft.events.length > 0) {
      joinHub(draft)
      hubs++
    }
    if (options.faults !== 'none') layFaults(draft, options.faults)
    yield draft
    arrivalMs += arrivals.int(0, Math.round((2 * meanCallMs) / concurrent))
  }
}

function joinHub(draft: CallDraft): void {
  draft.ids.sipSessionId = 'b2bua-0001-default-session'
  draft.faults.push('hub_id')
  const { expected } = draft
  draft.expected = { ...expected, findings: [...expected.findings, 'hub_link_ignored'] }
}

function chosenTenants({ tenants, worlds = tenantWorlds }: TrafficOptions): readonly TenantWorld[] {
  if (tenants === undefined) return worlds
  return tenants.map((id) => {
    const found = worlds.find((tenant) => tenant.id === id)
    if (found === undefined) throw new Error(`no tenant named ${id}; there are ${worlds.map((t) => t.id).join(', ')}`)
    return found
  })
}
