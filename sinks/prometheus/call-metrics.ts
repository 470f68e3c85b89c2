import { Counter, Gauge, type Registry } from 'prom-client'
import type { CallClass } from '#contracts/call-record.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { worstOf } from '#quality/interval-thresholds.ts'
import { defaultProfile, type QualityProfile } from '#quality/profile.ts'
import { createRecentMap } from '#quality/recent-map.ts'
import { createIntervalScorer } from '#quality/score-interval.ts'
import { createQualityFamilies, type FamilyBudgets } from './families.ts'
import type { LiveContext } from './live-context.ts'
import { LiveHistogram } from './live-histogram.ts'
import { createMeasure } from './measure.ts'
import { createMembers } from './members.ts'
import { callMetrics, plainConfig } from './metrics.ts'

export interface EndedCall {
  readonly tenant: string
  /** A call settles again with late data, and when it is judged anew: it has ended once. */
  readonly id: string
  readonly class: CallClass
  /** Start to first ringing or answer, milliseconds. */
  readonly setupMs: number | undefined
}

export interface CallMetrics {
  /** Scores one sample and shows it. Cheap enough for every sample (1.1 µs). */
  observe(tenant: string, sample: QualitySample, context?: LiveContext): void
  ended(call: EndedCall): void
  /** Calls open now, of all tenants. Tenants left out have none. */
  active(calls: ReadonlyMap<string, number>): void
}

export interface CallMetricsOptions extends FamilyBudgets {
  readonly registry: Registry
  readonly profile?: QualityProfile
  /** Streams with running counters that are remembered for differences (about 500 bytes each). */
  readonly maxStreams?: number
  /** Ended calls that are remembered, so that each counts once (about 100 bytes each). */
  readonly maxEnded?: number
}

/** The calls of some hours of a large install; a call settles again within minutes, if at all. */
const defaultMaxEnded = 200_000
const nothingKnown: LiveContext = {}
const classes = ['good', 'degraded', 'poor'] as const satisfies readonly CallClass[]

/** Live call quality for alerts and graphs. Counts may rise twice on a replay; anything contractual reads the warehouse. */
export function createCallMetrics(options: CallMetricsOptions): CallMetrics {
  const { registry, profile = defaultProfile, maxStreams = 100_000 } = options
  const measure = createMeasure({ maxStreams })
  const score = createIntervalScorer(profile)
  const calls = new Counter(plainConfig(callMetrics.calls, registry))
  const open = new Gauge(plainConfig(callMetrics.active, registry))
  const setup = createSetup(registry)
  const counted = createRecentMap<true>(options.maxEnded ?? defaultMaxEnded)
  const tenants = createMembers({ known: options.tenants, limit: options.maxTenants ?? defaultMaxTenants, learn: true })
  const families = createQualityFamilies(options, tenants)

  return {
    observe(tenant, sample, context = nothingKnown) {
      // Video has no MOS, and its losses are not to be read as speech lost.
      if (sample.data.kind !== 'audio') return
      const interval = measure(tenant, sample, context)
      if (interval === undefined) return
      const scored = score(interval)
      families.add({ tenant, class: classes[worstOf(scored.mask)] }, { interval, scored, sample, context })
    },
    ended(call) {
      const key = `${call.tenant}\u0000${call.id}`
      if (counted.get(key) === true) return
      counted.set(key, true)
      const tenant = tenants.labelOf(call.tenant)
      calls.inc({ tenant, class: call.class })
      if (call.setupMs !== undefined) setup(tenant, call.setupMs / 1_000)
    },
    active(counts) {
      open.reset()
      for (const [tenant, count] of counts) open.inc({ tenant: tenants.labelOf(tenant) }, count)
    },
  }
}

/** More tenants than this share the label `other`: 50 of them, by 3 classes and 4 histograms, make 9,000 lines. */
export const defaultMaxTenants = 50

function createSetup(registry: Registry): (tenant: string, seconds: number) => void {
  const histogram = new LiveHistogram(callMetrics.setup, registry)
  const series = new Map<string, ReturnType<LiveHistogram['series']>>()
  return (tenant, seconds) => {
    const own = series.get(tenant) ?? histogram.series(tenant)
    series.set(tenant, own)
    histogram.add(own, seconds)
  }
}
