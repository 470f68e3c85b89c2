import type { Polled } from '#contracts/event-log.ts'

/** Behind the log by this much, a pipeline is catching up: what it reads is news to nobody. */
const lateAfterMs = 30_000

/** So does one that has this many messages before it: ten seconds of what one process keeps up with. */
const lateBehind = 100_000

/** And it does so to the end, a batch of messages away from it: the last of a flood is no more news than the first. */
const caughtUpBehind = 30_000

/** Says of one batch after another whether it was read late (docs/decisions/0017-late-reading-waits.md). */
export function createReadLate(): (polled: Polled) => boolean {
  let catchesUp = false
  return ({ records, positions, logNowMs }) => {
    const behind = positions.reduce((sum, { next, end }) => sum + end - next, 0)
    catchesUp = behind > (catchesUp ? caughtUpBehind : lateBehind)
    return catchesUp || (records.length > 0 && records.every(({ logTimeMs }) => logNowMs - logTimeMs > lateAfterMs))
  }
}
