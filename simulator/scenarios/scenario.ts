import type { CallShape } from '../draft.ts'
import type { CallDraft } from '../plan.ts'
import type { Random } from '../random.ts'

/** One kind of call with a known outcome. */
export interface Scenario {
  readonly name: string
  /** Share in mixed traffic, relative to the others. */
  readonly weight: number
  /** What it needs of the call it is planted in. */
  readonly shape: CallShape
  /** Plants what the scenario is about, and states what must come out. */
  plant(draft: CallDraft, random: Random): void
}
