import type { EpochMs } from '#contracts/call-record.ts'
import { draftCall } from './draft.ts'
import { deliveryFaults, type FaultName } from './faults.ts'
import type { CallDraft } from './plan.ts'
import type { Random } from './random.ts'
import { scenarioNames, scenarios } from './scenarios/index.ts'
import type { Scenario } from './scenarios/scenario.ts'
import type { TenantWorld } from './world.ts'

/** Mean time from a call's start to its end over all scenarios: what makes a rate of arrivals of "so many at once". */
export const meanCallMs = 95_000

export interface PlannedCall {
  readonly index: number
  readonly scenario: Scenario
  readonly random: Random
  readonly tenants: readonly TenantWorld[]
  readonly arrivalMs: EpochMs
  readonly intervalMs: number
  /** When it began, if not on arrival and if its scenario does not say. */
  readonly startMs?: EpochMs
}

/** One call of a scenario, without delivery faults. */
export function planCall({ scenario, startMs, ...parts }: PlannedCall): CallDraft {
  const shape = startMs === undefined ? scenario.shape : { startMs: () => startMs, ...scenario.shape }
  const draft = draftCall({ ...parts, scenario: scenario.name, shape })
  scenario.plant(draft, draft.random.fork('scenario'))
  return draft
}

/** Share of calls with each delivery fault. What is not named keeps its usual rate. */
export type FaultRates = Readonly<Partial<Record<FaultName, number>>>

/** Draws which delivery faults strike this call, among those that suit it. */
export function layFaults(draft: CallDraft, rates: FaultRates = {}): void {
  const random = draft.random.fork('faults')
  const inHub = draft.faults.includes('hub_id')
  for (const fault of deliveryFaults) {
    const struck = random.chance(rates[fault.name] ?? fault.rate)
    // Both would speak of the same id: a hub's members must carry the hub's.
    if (!struck || !fault.suits(draft) || (inHub && fault.name === 'nil_ids')) continue
    fault.lay(draft, random.fork(fault.name))
    draft.faults.push(fault.name)
  }
}

/** Draws scenarios by weight. */
export function createScenarioPicker(names: readonly string[] = scenarioNames): (random: Random) => Scenario {
  const chosen = names.map(scenarioNamed)
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

export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name)
  if (found === undefined) throw new Error(`no scenario named ${name}; there are ${scenarioNames.join(', ')}`)
  return found
}
