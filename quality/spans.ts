import type { EpochMs, Run } from '#contracts/call-record.ts'
import { degradedBits, intervalMask, poorBits } from '#contracts/interval-mask.ts'

/** A piece of time, epoch milliseconds. Lists of spans are in time order and do not overlap. */
export interface Span {
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
}

/**
 * Two intervals follow on each other when the second starts within this time after the first's end. Reports come late
 * by up to a second or two under load, and minutes are stored apart; a longer hole was simply not measured.
 */
export const contiguousMs = 2_000

export const lengthOf = ({ fromMs, toMs }: Span): number => toMs - fromMs
export const totalMs = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + lengthOf(span), 0)

/** The longest span; the earliest of several. */
export function longestOf(spans: readonly Span[]): Span | undefined {
  return spans.reduce<Span | undefined>(
    (longest, span) => (longest === undefined || lengthOf(span) > lengthOf(longest) ? span : longest),
    undefined,
  )
}

/** Runs that count: early media is shown, not judged. */
export function judgedRuns(runs: readonly Run[]): readonly Run[] {
  return runs.some(([, , mask]) => isEarly(mask)) ? runs.filter(([, , mask]) => !isEarly(mask)) : runs
}

export const isEarly = (mask: number): boolean => (mask & intervalMask.early) !== 0
export const hasMedia = (mask: number): boolean => (mask & intervalMask.media) !== 0

/**
 * Stretches of runs that fulfil a condition, from the first's start to the last's end, small holes included. They span
 * runs with different masks and minutes; a measured run that does not fulfil it ends them, however short.
 */
export function stretchesOf(runs: readonly Run[], fulfils: (mask: number) => boolean): readonly Span[] {
  const stretches: { fromMs: EpochMs; toMs: EpochMs }[] = []
  let open: { fromMs: EpochMs; toMs: EpochMs } | undefined
  for (const [fromMs, toMs, mask] of runs) {
    if (!fulfils(mask)) open = undefined
    else if (open !== undefined && fromMs - open.toMs <= contiguousMs) open.toMs = toMs
    else {
      open = { fromMs, toMs }
      stretches.push(open)
    }
  }
  return stretches
}

const badBits = degradedBits | poorBits
/** Said of a piece of time only where every sample of it says so. */
const bitsOfAll = intervalMask.media | intervalMask.early | intervalMask.blind

/**
 * Runs of one view, in order of their beginnings, as runs that do not overlap. Time that several samples cover was measured
 * once, and is as bad as the worst of them says: it is bad by every measure that one of them is bad by, carried media only
 * if all saw some, and is early or blind only if all are. So more samples of a time never make it better.
 */
export function overlaid(runs: readonly Run[]): readonly Run[] {
  if (runs.every(([fromMs], at) => fromMs >= (runs[at - 1]?.[1] ?? Number.NEGATIVE_INFINITY))) return runs
  const edges = [...new Set([...runs.map(([fromMs]) => fromMs), ...runs.map(([, toMs]) => toMs)])].sort((a, b) => a - b)
  const result: [EpochMs, EpochMs, number][] = []
  let active: readonly Run[] = []
  let next = 0
  for (const [at, fromMs] of edges.entries()) {
    const toMs = edges[at + 1] ?? fromMs
    const begun = next
    while ((runs[next]?.[0] ?? Number.POSITIVE_INFINITY) <= fromMs) next += 1
    active = [...active, ...runs.slice(begun, next)].filter(([, endMs]) => endMs > fromMs)
    const mask = maskOfAll(active)
    const last = result.at(-1)
    if (mask === undefined) continue
    if (last !== undefined && last[1] === fromMs && last[2] === mask) last[1] = toMs
    else result.push([fromMs, toMs, mask])
  }
  return result
}

function maskOfAll(runs: readonly Run[]): number | undefined {
  if (runs.length === 0) return undefined
  const bad = runs.reduce((bits, [, , mask]) => bits | (mask & badBits), 0)
  return bad | runs.reduce((bits, [, , mask]) => bits & mask, bitsOfAll)
}

/** What of runs lies within some spans; spans are in time order and do not overlap. */
export function within(runs: readonly Run[], spans: readonly Span[]): readonly Run[] {
  const result: Run[] = []
  let first = 0
  for (const [fromMs, toMs, mask] of runs) {
    while ((spans[first]?.toMs ?? Number.POSITIVE_INFINITY) <= fromMs) first += 1
    for (let at = first; (spans[at]?.fromMs ?? Number.POSITIVE_INFINITY) < toMs; at++) {
      const span = spans[at] as Span
      result.push([Math.max(fromMs, span.fromMs), Math.min(toMs, span.toMs), mask])
    }
  }
  return result
}

/** What of runs lies outside of some spans. */
export const without = (runs: readonly Run[], cuts: readonly Span[]): readonly Run[] =>
  cuts.length === 0 ? runs : within(runs, complementOf(cuts))

export const spansOfRuns = (runs: readonly Run[]): readonly Span[] =>
  union(runs.map(([fromMs, toMs]) => ({ fromMs, toMs })))

export const lengthOfRuns = (runs: readonly Run[]): number =>
  runs.reduce((sum, [fromMs, toMs]) => sum + toMs - fromMs, 0)

export const isBlind = (mask: number): boolean => (mask & intervalMask.blind) !== 0

/** Neighbours joined across holes of at most `holeMs`. */
export function joined(spans: readonly Span[], holeMs = contiguousMs): readonly Span[] {
  const result: { fromMs: EpochMs; toMs: EpochMs }[] = []
  for (const { fromMs, toMs } of spans) {
    const last = result.at(-1)
    if (last !== undefined && fromMs - last.toMs <= holeMs) last.toMs = Math.max(last.toMs, toMs)
    else result.push({ fromMs, toMs })
  }
  return result
}

/** Spans from any order, sorted, overlaps joined. */
export function union(spans: readonly Span[]): readonly Span[] {
  return joined(
    [...spans].sort((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs),
    0,
  )
}

/** What both lists cover. */
export function intersection(one: readonly Span[], other: readonly Span[]): readonly Span[] {
  const result: Span[] = []
  let i = 0
  let j = 0
  while (i < one.length && j < other.length) {
    const a = one[i]
    const b = other[j]
    if (a === undefined || b === undefined) break
    const fromMs = Math.max(a.fromMs, b.fromMs)
    const toMs = Math.min(a.toMs, b.toMs)
    if (fromMs < toMs) result.push({ fromMs, toMs })
    if (a.toMs < b.toMs) i += 1
    else j += 1
  }
  return result
}

/** What the first list covers and the second does not. */
export function minus(spans: readonly Span[], cuts: readonly Span[]): readonly Span[] {
  return intersection(spans, complementOf(cuts))
}

function complementOf(spans: readonly Span[]): readonly Span[] {
  const edges = [
    Number.NEGATIVE_INFINITY,
    ...spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]),
    Number.POSITIVE_INFINITY,
  ]
  const holes: Span[] = []
  for (let index = 0; index + 1 < edges.length; index += 2) {
    const [fromMs, toMs] = [edges[index], edges[index + 1]]
    if (fromMs !== undefined && toMs !== undefined && fromMs < toMs) holes.push({ fromMs, toMs })
  }
  return holes
}
