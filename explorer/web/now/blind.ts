import type { Now } from '../api-types.ts'

/** A stretch of time. */
export interface Span {
  readonly fromMs: number
  readonly untilMs: number
}

/** Pipelines without which the figures of this page do not move. The others hold logs, spans and chat. */
const shown = new Set(['calls', 'summaries'])

/** When nobody was looking at calls, in order, overlapping stretches as one. */
export function blindSpans(blind: Now['blind']): readonly Span[] {
  const spans: { fromMs: number; untilMs: number }[] = []
  const ordered = blind.filter(({ pipeline }) => shown.has(pipeline)).sort((a, b) => a.fromMs - b.fromMs)
  for (const { fromMs, untilMs } of ordered) {
    const last = spans.at(-1)
    if (last !== undefined && fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, untilMs)
    else spans.push({ fromMs, untilMs })
  }
  return spans
}

/** The part of a stretch within another; undefined where they do not meet. */
export function within({ fromMs, untilMs }: Span, whole: Span): Span | undefined {
  const cut = { fromMs: Math.max(fromMs, whole.fromMs), untilMs: Math.min(untilMs, whole.untilMs) }
  return cut.untilMs > cut.fromMs ? cut : undefined
}
