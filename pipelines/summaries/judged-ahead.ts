import { recordOnly } from '#contracts/changes.ts'
import type { HoldingParts } from './holding.ts'

/** As often as nothing changes before what is left is given up: such a record cannot be computed again. */
const patience = 10

/**
 * Records that were judged as of a moment still to come, because a clock was wrong: they are judged again. Looked for when a
 * process or the log's time begins again, because the look costs more than that for records that are due.
 */
export function createJudgedAhead({ backlog, due, limits }: Pick<HoldingParts, 'backlog' | 'due' | 'limits'>) {
  let looksLeft = patience
  let found = 0

  return {
    lookAgain(): void {
      looksLeft = patience
    },
    async add(shards: readonly number[], logNowMs: number): Promise<void> {
      if (looksLeft === 0) return
      const members = await due.judgedAhead(shards, logNowMs, limits.callsPerRecompute)
      // They have waited long enough already: as if announced when running figures that are due now were.
      for (const member of members) backlog.addDue(recordOnly(member), logNowMs - limits.runningDelayMs)
      looksLeft = members.length === 0 ? 0 : members.length === found ? looksLeft - 1 : patience
      found = members.length
    },
  }
}
