import { clock, day, sameDay } from '../format.ts'

const minuteMs = 60_000
const stepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080, 43_200].map((n) => n * minuteMs)

export interface TimeTick {
  readonly atMs: number
  readonly text: string
}

/** Round times in the viewer's zone, not more than fit. Where a new day begins, the day. */
export function timeTicks(fromMs: number, untilMs: number, most: number): readonly TimeTick[] {
  const wanted = (untilMs - fromMs) / Math.max(1, most)
  const stepMs = stepsMs.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000
  const offsetMs = new Date(fromMs).getTimezoneOffset() * minuteMs
  const ticks: TimeTick[] = []
  const first = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs
  for (let atMs = first; atMs < untilMs; atMs += stepMs) ticks.push({ atMs, text: textOf(atMs, ticks.at(-1), stepMs) })
  return ticks
}

function textOf(atMs: number, before: TimeTick | undefined, stepMs: number): string {
  if (stepMs >= 1_440 * minuteMs) return day(atMs)
  return before !== undefined && !sameDay(before.atMs, atMs) ? day(atMs) : clock(atMs)
}
