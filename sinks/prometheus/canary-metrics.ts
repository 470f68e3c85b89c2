import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Exposition, type ExpositionFormat, expose } from './exposition.ts'
import { type MetricLiteral, plainConfig } from './metrics.ts'

/** Where a canary's facts must turn up. A closed set, because it is a label. */
export type CanaryStore = 'raw' | 'records' | 'logs' | 'traces' | 'metrics'

/** What one round found in one store. */
export interface CanaryFinding {
  readonly store: CanaryStore
  readonly expected: number
  readonly missing: number
  readonly duplicate: number
  /** There, and not what it should be. */
  readonly wrong: number
  readonly late: boolean
  /** From the last append until all was there, seconds; undefined: it never was. */
  readonly seconds: number | undefined
}

const buckets = [0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 120]
const help = {
  rounds: 'Rounds of synthetic calls, by how they ended',
  facts: 'Facts that a store should hold after a round',
  missing: 'Facts that were not in a store in time',
  duplicate: 'Facts that a store holds more than once',
  wrong: 'Facts that a store holds, and not as they were sent',
  late: 'Rounds whose facts came to a store later than they should',
  seconds: 'From the last append of a round until a store held all of it, seconds',
  last: 'When the last round ended, seconds since the epoch',
} as const

export const canaryMetricList = {
  rounds: { name: 'callscope_canary_rounds_total', unit: 'count', help: help.rounds, labels: ['outcome'] },
  facts: { name: 'callscope_canary_facts_total', unit: 'count', help: help.facts, labels: ['store'] },
  missing: { name: 'callscope_canary_missing_total', unit: 'count', help: help.missing, labels: ['store'] },
  duplicate: { name: 'callscope_canary_duplicate_total', unit: 'count', help: help.duplicate, labels: ['store'] },
  wrong: { name: 'callscope_canary_wrong_total', unit: 'count', help: help.wrong, labels: ['store'] },
  late: { name: 'callscope_canary_late_total', unit: 'count', help: help.late, labels: ['store'] },
  seconds: {
    name: 'callscope_canary_visible_seconds',
    unit: 'seconds',
    help: help.seconds,
    labels: ['store'],
    buckets,
  },
  last: { name: 'callscope_canary_last_round_timestamp_seconds', unit: 'seconds', help: help.last, labels: [] },
} as const satisfies Readonly<Record<string, MetricLiteral>>

export interface CanaryMetrics {
  round(findings: readonly CanaryFinding[], endedMs: number): void
  /** A round that could not be sent or looked for at all. */
  failed(endedMs: number): void
  expose(format: ExpositionFormat): Promise<Exposition>
}

/** `callscope_canary_*`, in a registry of its own. Every store has its series from the start, at 0: an alert on a rise needs them. */
export function createCanaryMetrics(stores: readonly CanaryStore[]): CanaryMetrics {
  const registry = new Registry()
  const counter = (literal: MetricLiteral) => new Counter(plainConfig(literal, registry))
  const list = canaryMetricList
  const [rounds, facts, missing] = [counter(list.rounds), counter(list.facts), counter(list.missing)]
  const [duplicate, wrong, late] = [counter(list.duplicate), counter(list.wrong), counter(list.late)]
  const seconds = new Histogram({ ...plainConfig(list.seconds, registry), buckets })
  const last = new Gauge(plainConfig(list.last, registry))
  for (const store of stores) for (const each of [facts, missing, duplicate, wrong, late]) each.inc({ store }, 0)
  for (const outcome of ['sound', 'unsound', 'failed']) rounds.inc({ outcome }, 0)
  return {
    round(findings, endedMs) {
      const sound = findings.every((found) => found.missing + found.duplicate + found.wrong === 0)
      rounds.inc({ outcome: sound ? 'sound' : 'unsound' })
      last.set(endedMs / 1_000)
      for (const found of findings) {
        const { store } = found
        facts.inc({ store }, found.expected)
        missing.inc({ store }, found.missing)
        duplicate.inc({ store }, found.duplicate)
        wrong.inc({ store }, found.wrong)
        if (found.late) late.inc({ store })
        if (found.seconds !== undefined) seconds.observe({ store }, found.seconds)
      }
    },
    failed(endedMs) {
      rounds.inc({ outcome: 'failed' })
      last.set(endedMs / 1_000)
    },
    expose: (format) => expose(registry, format),
  }
}
