import type { Registry } from 'prom-client'
import { measureBits } from '#contracts/interval-mask.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { lossOf, type MeasuredInterval, type ScoredInterval } from '#quality/score-interval.ts'
import type { LiveContext } from './live-context.ts'
import { type Exemplar, LiveHistogram, type Series } from './live-histogram.ts'
import { createMembers, type Members } from './members.ts'
import { callMetrics, type MetricLiteral } from './metrics.ts'

/** How many members each label may have. Together they bound the series: nothing that is sent can add one. */
export interface FamilyBudgets {
  readonly registry: Registry
  /** In the registry's order; the rest share `other`. */
  readonly tenants: readonly string[]
  readonly carriers: readonly string[]
  readonly regions: readonly string[]
  readonly maxTenants?: number
  readonly maxCarriers?: number
  readonly maxRegions?: number
  readonly maxCodecs?: number
  /** Where the registry knows no carriers and regions: give them labels as they come, up to the budget. */
  readonly learn?: boolean
}

/** One scored interval and what it came from. */
interface Observation {
  readonly interval: MeasuredInterval
  readonly scored: ScoredInterval
  readonly sample: QualitySample
  readonly context: LiveContext
}

/** The four histograms of one family, and the series of one set of label values in each. */
interface Family {
  readonly mos: LiveHistogram
  readonly jitter: LiveHistogram
  readonly roundTrip: LiveHistogram
  readonly loss: LiveHistogram
}
interface FamilySeries {
  readonly labels: readonly string[]
  readonly mos: Map<string, Series>
  readonly jitter: Series
  readonly roundTrip: Series
  readonly loss: Series
}

export interface QualityFamilies {
  add(whose: { readonly tenant: string; readonly class: string }, observation: Observation): void
}

/**
 * The two label families, (tenant, class) and (carrier, region, codec, direction). They are two so that series do not
 * multiply: with the default budgets at most 156 and 980 sets of labels.
 */
export function createQualityFamilies(budgets: FamilyBudgets, tenants: Members): QualityFamilies {
  const { maxCarriers = 8, maxRegions = 5, maxCodecs = 5, learn = false, registry } = budgets
  const byCall = createFamily(registry, callMetrics.mos, callMetrics.jitter, callMetrics.roundTrip, callMetrics.loss)
  const { pathMos, pathJitter, pathRoundTrip, pathLoss } = callMetrics
  const byPath = createFamily(registry, pathMos, pathJitter, pathRoundTrip, pathLoss)
  const carriers = createMembers({ known: budgets.carriers, limit: maxCarriers, learn })
  const regions = createMembers({ known: budgets.regions, limit: maxRegions, learn })
  // Codecs come from the fixed list of codec rows; those that a platform uses first have a label.
  const codecs = createMembers({ known: [], limit: maxCodecs, learn: true })
  const callSeries = createSeriesCache(byCall)
  const pathSeries = createSeriesCache(byPath)

  return {
    add({ tenant, class: ofClass }, observation) {
      const { context, sample, interval, scored } = observation
      const exemplar = exemplarOf(observation)
      addTo(byCall, callSeries(tenants.labelOf(tenant), ofClass), observation, exemplar)
      const codec = codecLabel(codecs, interval, scored)
      const path = [carriers.labelOf(context.carrier), regions.labelOf(context.region), codec, sample.data.direction]
      addTo(byPath, pathSeries(...path), observation, exemplar)
    },
  }
}

const codecLabel = (codecs: Members, { codec }: MeasuredInterval, { codecRow }: ScoredInterval): string =>
  codecRow === '' && codec !== '' ? 'other' : codecs.labelOf(codecRow)

function createFamily(
  registry: Registry,
  ...literals: readonly [MetricLiteral, MetricLiteral, MetricLiteral, MetricLiteral]
): Family {
  const [mos, jitter, roundTrip, loss] = literals
  return {
    mos: new LiveHistogram(mos, registry),
    jitter: new LiveHistogram(jitter, registry),
    roundTrip: new LiveHistogram(roundTrip, registry),
    loss: new LiveHistogram(loss, registry),
  }
}

function createSeriesCache(family: Family): (...labels: readonly string[]) => FamilySeries {
  const known = new Map<string, FamilySeries>()
  return function seriesOf(...labels) {
    const key = labels.join('\u0000')
    const found = known.get(key)
    if (found !== undefined) return found
    const made = {
      labels,
      mos: new Map<string, Series>(),
      jitter: family.jitter.series(...labels),
      roundTrip: family.roundTrip.series(...labels),
      loss: family.loss.series(...labels),
    }
    known.set(key, made)
    return made
  }
}

type Bare = Omit<Exemplar, 'value'>

/** Adds what the interval measured. What it did not measure says nothing: unknown is not zero. */
function addTo(
  family: Family,
  series: FamilySeries,
  { interval, scored }: Observation,
  exemplar: Bare | undefined,
): void {
  const { jitterTenthMs, roundTripTenthMs, packetsReceived } = interval
  const worth = (measure: keyof typeof measureBits) =>
    exemplar !== undefined && (scored.mask & measureBits[measure].degraded) !== 0 ? exemplar : undefined
  if (jitterTenthMs !== undefined && packetsReceived !== 0) {
    family.jitter.add(series.jitter, jitterTenthMs / 10_000, worth('jitter'))
  }
  if (roundTripTenthMs !== undefined)
    family.roundTrip.add(series.roundTrip, roundTripTenthMs / 10_000, worth('round_trip'))
  const { ppl } = lossOf(interval)
  if (!Number.isNaN(ppl)) family.loss.add(series.loss, ppl / 100, worth('loss'))
  addMos(family, series, scored, worth('mos'))
}

/** Grounded MOS only, each kind and band in a series of its own: they are different scales. */
function addMos(family: Family, series: FamilySeries, scored: ScoredInterval, exemplar: Bare | undefined): void {
  const { mosConversational, mosListening, grounded, band } = scored
  const mos = mosConversational ?? mosListening
  if (mos === undefined || !grounded) return
  const name = `${mosConversational === undefined ? 'LQE' : 'CQE'}${band}`
  const own = series.mos.get(name) ?? family.mos.series(...series.labels, name)
  series.mos.set(name, own)
  family.mos.add(own, mos / 100, exemplar)
}

/** OpenMetrics 1.0, "Exemplars": names and values together at most 128 characters. */
const maxExemplarLength = 128

/** The call behind a bad interval, undefined for a good one. */
function exemplarOf({ scored, sample, context }: Observation): Bare | undefined {
  if ((scored.mask & anyDegraded) === 0) return undefined
  const traceId = sample.traceparent?.slice(3, 35) ?? context.traceId
  const labelSet: Record<string, string> = traceId === undefined ? {} : { trace_id: traceId }
  const length = sample.correlationid.length + 'correlation_id'.length + (traceId === undefined ? 0 : 40)
  if (length <= maxExemplarLength) labelSet.correlation_id = sample.correlationid
  return { labelSet, timestamp: Date.parse(sample.time) / 1_000 }
}

const anyDegraded = Object.values(measureBits).reduce((bits, { degraded }) => bits | degraded, 0)
