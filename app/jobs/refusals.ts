import type { JobReport } from '#collectors/http/ports.ts'

/** Counts refusals by reason and keeps the first of each as an example. */
export interface Refusals {
  add(reason: string, example: string): void
  total(): number
  report(): JobReport['refused']
}

export function createRefusals(): Refusals {
  const byReason = new Map<string, { count: number; readonly example: string }>()
  return {
    add(reason, example) {
      const known = byReason.get(reason)
      if (known === undefined) byReason.set(reason, { count: 1, example })
      else known.count++
    },
    total: () => [...byReason.values()].reduce((sum, { count }) => sum + count, 0),
    report: () => [...byReason].map(([reason, { count, example }]) => ({ reason, count, example })),
  }
}
