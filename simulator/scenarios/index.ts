import { conferenceScenarios } from './conference.ts'
import { lifeScenarios } from './life.ts'
import { mediaScenarios } from './media.ts'
import { networkScenarios } from './network.ts'
import { platformScenarios } from './platform.ts'
import type { Scenario } from './scenario.ts'

/** Every kind of call the simulator knows. A new one is an entry in one of these lists. */
export const scenarios: readonly Scenario[] = [
  ...lifeScenarios,
  ...networkScenarios,
  ...mediaScenarios,
  ...platformScenarios,
  ...conferenceScenarios,
]

export const scenarioNames: readonly string[] = scenarios.map(({ name }) => name)
