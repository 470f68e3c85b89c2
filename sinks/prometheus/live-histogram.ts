import { Histogram, type Registry } from 'prom-client'
import type { MetricLiteral } from './metrics.ts'

/** A real call behind a bucket, for jumping from a graph to it (OpenMetrics 1.0, "Exemplars"). */
export interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>
  readonly value: number
  /** Epoch seconds. */
  readonly timestamp: number
}

/** Counts of one set of label values. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** One per bucket and one beyond the last; not yet added up. */
  readonly counts: Float64Array
  readonly exemplars: (Exemplar | undefined)[]
  sum: number
}

/**
 * A histogram for the hot path. prom-client's own takes 0.3 µs per observation to check and hash its labels; with eight
 * observations per sample that is more than scoring the sample. Here a series is looked up once and kept, an observation
 * is an addition, and a sample costs 1.1 µs in all: 7 % of a core at 60,000 samples a second. It also takes exemplars in
 * a registry of the text format, which prom-client's own refuses.
 */
export class LiveHistogram extends Histogram {
  readonly #literal: MetricLiteral
  readonly #bounds: readonly number[]
  readonly #series: Series[] = []

  constructor(literal: MetricLiteral, registry: Registry) {
    const { name, help, labels, buckets = [] } = literal
    super({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
    this.#literal = literal
    this.#bounds = buckets
  }

  /** A new series. The caller keeps it, and asks once for each set of label values. */
  series(...values: readonly string[]): Series {
    const labels = Object.fromEntries(this.#literal.labels.map((label, at) => [label, values[at] ?? '']))
    const series = { labels, counts: new Float64Array(this.#bounds.length + 1), exemplars: [], sum: 0 }
    this.#series.push(series)
    return series
  }

  /** Adds one value. `exemplar` is asked for only where the value is worth one. */
  add(series: Series, value: number, exemplar?: Omit<Exemplar, 'value'>): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += value
    if (exemplar !== undefined) series.exemplars[bucket] = { ...exemplar, value }
  }

  /** What prom-client's registry, and `get`, ask for; its declaration leaves it out. */
  async getForPromString() {
    const { name, help } = this.#literal
    return {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: this.#series.flatMap((series) => this.#samplesOf(series)),
    }
  }

  #samplesOf({ labels, counts, exemplars, sum }: Series) {
    const { name } = this.#literal
    let count = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, at) => {
      count += counts[at] ?? 0
      return {
        metricName: `${name}_bucket`,
        labels: { le },
        sharedLabels: labels,
        value: count,
        exemplar: exemplars[at],
      }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, sharedLabels: labels, value: sum },
      { metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: count },
    ]
  }
}
