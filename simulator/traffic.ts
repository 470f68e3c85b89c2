import type { EpochMs } from '#contracts/call-record.ts'
import { draftCall } from './draft.ts'
import { deliveryFaults, type FaultName } from './faults.ts'
import type { SimulatedMessage } from './message.ts'
import type { CallDraft } from './plan.ts'
import { createPlayer } from './player.ts'
import { createRandom, type Random } from './random.ts'
import { scenarioNames, scenarios } from './scenarios/index.ts'
import type { Scenario } from './scenarios/scenario.ts'
import type { CallTruth, TrafficTotals } from './truth.ts'
import { type TenantWorld, tenantWorlds } from './world.ts'

export interface TrafficOptions {
  readonly seed: number
  readonly calls: number
  /** Event time of the first call. */
  readonly startMs: EpochMs
  /** Calls open at once, on average. */
  readonly concurrent?: number
  /** Ids of tenants to play; all by default. */
  readonly tenants?: readonly string[]
  /** Scenarios to draw from, by name; all by default, by weight. */
  readonly scenarios?: readonly string[]
  /** Share of calls with each delivery fault; `none` for none at all. What is not named keeps its usual rate. */
  readonly faults?: Readonly<Partial<Record<FaultName, number>>> | 'none'
  /** Length of ordinary measuring intervals, 2 to 30 s. Shorter ones hold too few packets for exact planning. */
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
  /** Truth of the calls whose messages have all been made; empty with `onCall`. */
  calls(): readonly CallTruth[]
  /** Sums over what has been made so far: complete once `messages` is exhausted. */
  totals(): TrafficTotals
}

const minHubCalls = 66
/** Mean time from a call's start to its end over all scenarios: what makes `concurrent` calls at once of a rate of arrivals. */
const meanCallMs = 95_000

/** Seeded traffic with known truth. The same options give the same messages, byte for byte, on every machine. */
export function simulateTraffic(options: TrafficOptions): Traffic {
  const random = createRandom(options.seed)
  const collected: CallTruth[] = []
  const player = createPlayer({
    random: random.fork('player'),
    poison: options.poison ?? 0,
    startMs: options.startMs,
    onCall: options.onCall ?? ((truth) => collected.push(truth)),
  })
  return {
    messages: player.play(plannedCalls(options, random)),
    calls: () => collected,
    totals: player.totals,
  }
}

/** The calls in order of arrival, each planned when its turn comes. */
function* plannedCalls(options: TrafficOptions, random: Random): Generator<CallDraft> {
  const { calls, startMs, concurrent = 50, intervalMs = 5_000, hubCalls = 0 } = options
  if (intervalMs < 2_000 || intervalMs > 30_000) throw new Error('intervalMs must lie between 2000 and 30000')
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
    layFaults(draft, options.faults)
    yield draft
    arrivalMs += arrivals.int(0, Math.round((2 * meanCallMs) / concurrent))
  }
}

/** One call of a scenario, without delivery faults. */
export function planCall(parts: {
  readonly index: number
  readonly scenario: Scenario
  readonly random: Random
  readonly tenants: readonly TenantWorld[]
  readonly arrivalMs: EpochMs
  readonly intervalMs: number
}): CallDraft {
  const { scenario, ...rest } = parts
  const draft = draftCall({ ...rest, scenario: scenario.name, shape: scenario.shape })
  scenario.plant(draft, draft.random.fork('scenario'))
  return draft
}

function joinHub(draft: CallDraft): void {
  draft.ids.sipSessionId = 'b2bua-0001-default-session'
  draft.faults.push('hub_id')
  const { expected } = draft
  draft.expected = { ...expected, findings: [...expected.findings, 'hub_link_ignored'] }
}

function layFaults(draft: CallDraft, rates: TrafficOptions['faults'] = {}): void {
  if (rates === 'none') return
  const random = draft.random.fork('faults')
  const hub = draft.faults.includes('hub_id')
  for (const fault of deliveryFaults) {
    const struck = random.chance(rates[fault.name] ?? fault.rate)
    if (!struck || !fault.suits(draft) || (hub && fault.name === 'nil_ids')) continue
    fault.lay(draft, random.fork(fault.name))
    draft.faults.push(fault.name)
  }
}

function chosenTenants({ tenants }: TrafficOptions): readonly TenantWorld[] {
  if (tenants === undefined) return tenantWorlds
  return tenants.map((id) => {
    const found = tenantWorlds.find((tenant) => tenant.id === id)
    if (found === undefined)
      throw new Error(`no tenant named ${id}; there are ${tenantWorlds.map((t) => t.id).join(', ')}`)
    return found
  })
}

/** Draws scenarios by weight. */
export function createScenarioPicker(names: readonly string[] = scenarioNames): (random: Random) => Scenario {
  const stray = names.find((name) => !scenarioNames.includes(name))
  if (stray !== undefined) throw new Error(`no scenario named ${stray}; there are ${scenarioNames.join(', ')}`)
  const chosen = scenarios.filter(({ name }) => names.includes(name))
  const total = chosen.reduce((sum, { weight }) => sum + weight, 0)
  return function pickScenario(random) {
    let left = random.next() * total
    const found = chosen.find(({ weight }) => {
      left -= weight
      return left < 0
    })
    return found ?? random.pick(chosen)
  }
}
