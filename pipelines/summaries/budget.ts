import { isUnavailable } from '#contracts/errors.ts'
import type { RecomputeParts } from './recompute.ts'

/** Something of a recompute took longer than it may. Whose fault it is shows when its calls are tried apart. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded'
  constructor(cause?: unknown) {
    super('a recompute took longer than its time budget', { cause })
  }
}

/**
 * Calls that share one recompute share what it reads, so that many take hardly longer than one: a full batch has the time
 * of so many calls.
 */
const sharedBudgets = 8

/**
 * The same parts for one recompute of so many calls, which refuse to read on once its time is over. A single query is cut
 * off by the store itself (its connection has a limit of `budgetMs`). The write of records is never refused: all that it
 * is made of has been read.
 */
export function withinBudget(parts: RecomputeParts, budgetMs: number, calls: number): RecomputeParts {
  const endsMs = performance.now() + budgetMs * Math.min(calls, sharedBudgets)

  function bounded<Args extends readonly unknown[], Result>(step: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      const startedMs = performance.now()
      if (startedMs > endsMs) throw new BudgetExceeded()
      try {
        return await step(...args)
      } catch (error) {
        throw performance.now() - startedMs >= budgetMs && !isUnavailable(error) ? new BudgetExceeded(error) : error
      }
    }
  }

  const { links, cuts, minutes, inputs, writer } = parts
  return {
    ...parts,
    links: { ...links, edges: bounded(links.edges) },
    cuts: { ...cuts, naming: bounded(cuts.naming) },
    minutes: { ...minutes, recompute: bounded(minutes.recompute) },
    inputs: {
      ...inputs,
      members: bounded(inputs.members),
      evidence: bounded(inputs.evidence),
      frozen: bounded(inputs.frozen),
    },
    writer: { ...writer, appendPlaces: bounded(writer.appendPlaces), places: bounded(writer.places) },
  }
}
