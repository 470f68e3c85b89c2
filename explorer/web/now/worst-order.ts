import type { Now } from '../api-types.ts'

export type WorstRow = Now['worst']['carrier'][number]

export const judgedOf = ({ calls, unclassified }: WorstRow): number => calls - unclassified

/** Share of bad calls among those that could be judged; undefined when none could. */
export const badShare = (row: WorstRow): number | undefined =>
  judgedOf(row) === 0 ? undefined : row.bad / judgedOf(row)

// 1.96 standard deviations: 95 of 100 such intervals hold the true share.
const z = 1.96

/**
 * The least share that the counts make plausible (lower end of the Wilson interval). Ordered by the share itself, one
 * bad call of one would stand above forty of a hundred.
 */
export function sureShare(row: WorstRow): number {
  const judged = judgedOf(row)
  if (judged === 0) return 0
  const share = row.bad / judged
  const spread = z * Math.sqrt((share * (1 - share)) / judged + (z * z) / (4 * judged * judged))
  return Math.max(0, (share + (z * z) / (2 * judged) - spread) / (1 + (z * z) / judged))
}

/** Worst first; what has no bad call by how much was seen. */
export const worstFirst = (rows: readonly WorstRow[]): readonly WorstRow[] =>
  [...rows].sort((a, b) => sureShare(b) - sureShare(a) || b.calls - a.calls || (a.value < b.value ? -1 : 1))
