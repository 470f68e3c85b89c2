import type { Campaign } from './campaign.ts'

/** Growth of what is held that caches and logs of a longer run may take, and no leak of a longer one does. */
const mayGrowBytes = 96 * 1_048_576
/** Of a run that is long enough to have filled its caches. */
const leastLooks = 20

const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]

/** The figures of a run. */
export function summaryOf({ sent, faults, canaries, held, ownFaults }: Campaign) {
  const sorted = canaries.toSorted((a, b) => a - b)
  return {
    ...{ sent, faults, ownFaults: ownFaults.length },
    canaries: {
      ...{ count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), most: sorted.at(-1) },
    },
    heldMiB: held.map((bytes) => Math.round(bytes / 1_048_576)),
  }
}

/** All that is wrong with a run, in words. */
export function faultsOf(campaign: Campaign): readonly string[] {
  const { faults, ownFaults, canaries, held } = campaign
  const third = Math.floor(held.length / 3)
  const least = (looks: readonly number[]) => looks.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const grown = least(held.slice(-third)) - least(held.slice(third, 2 * third))
  return [
    ...faults,
    ...ownFaults.slice(0, 20),
    ...(canaries.length === 0 ? ['no call was judged at all'] : []),
    ...(held.length >= leastLooks && grown > mayGrowBytes
      ? [`memory grows: ${Math.round(grown / 1_048_576)} MiB between the second third of the run and the last`]
      : []),
  ]
}
