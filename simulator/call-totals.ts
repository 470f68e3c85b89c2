import type { ParkReason } from '#contracts/outcome.ts'
import type { TelemetryEmission } from './emission.ts'
import type { CallTruth, IdentityCounts, TrafficTotals } from './truth.ts'

/** Running sums over a whole run. */
export interface RunningTotals {
  opened(): void
  closed(truth: CallTruth): void
  sent(): void
  duplicated(times: number): void
  /** Telemetry that belongs to no call. */
  beside(emission: TelemetryEmission): void
  read(dead: Readonly<Partial<Record<ParkReason, number>>>): TrafficTotals
}

export function createTotals(): RunningTotals {
  const distinct = { samples: 0, callEvents: 0, cdrEvents: 0, auditEvents: 0, activityEvents: 0, logs: 0, spans: 0 }
  let calls = 0
  let messages = 0
  let duplicates = 0

  return {
    opened: () => {
      calls++
    },
    closed(truth) {
      for (const name of identityNames) distinct[name] += truth.distinct[name]
    },
    sent: () => {
      messages++
    },
    duplicated(times) {
      duplicates += times
    },
    beside({ kind }) {
      distinct[kind === 'log' ? 'logs' : 'spans']++
    },
    read: (dead) => ({ calls, messages, duplicates, distinct: { ...distinct }, dead }),
  }
}

const identityNames = [
  'samples',
  'callEvents',
  'cdrEvents',
  'auditEvents',
  'activityEvents',
  'logs',
  'spans',
] as const satisfies readonly (keyof IdentityCounts)[]
