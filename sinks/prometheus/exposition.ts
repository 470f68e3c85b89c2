import { Registry } from 'prom-client'
import type { Exemplar } from './live-histogram.ts'

export type ExpositionFormat = 'text' | 'openmetrics'

export interface Exposition {
  readonly contentType: string
  readonly body: string
}

/** The format that an Accept header asks for. Prometheus asks for OpenMetrics by name and falls back to text. */
export const formatOf = (accept: string | undefined): ExpositionFormat =>
  accept?.toLowerCase().includes('application/openmetrics-text') === true ? 'openmetrics' : 'text'

/**
 * All metrics as Prometheus text 0.0.4 or OpenMetrics 1.0. The second is written here: prom-client renames counters in
 * its registry for good when it writes OpenMetrics, after which the text lacks `_total`.
 */
export async function expose(registry: Registry, format: ExpositionFormat): Promise<Exposition> {
  if (format === 'text') return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: await registry.metrics() }
  const metrics = (await registry.getMetricsAsJSON()) as readonly unknown[] as readonly ExposedMetric[]
  return { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: `${metrics.map(linesOf).join('')}# EOF\n` }
}

/** What prom-client's metrics say about themselves. */
interface ExposedMetric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string | number>>
    readonly value: number
    readonly metricName?: string
    readonly exemplar?: Exemplar | null
  }[]
}

function linesOf({ name, help, type, values }: ExposedMetric): string {
  const family = type === 'counter' ? name.replace(/_total$/, '') : name
  let text = `# HELP ${family} ${escaped(help)}\n# TYPE ${family} ${type}\n`
  if (family.endsWith('_seconds')) text += `# UNIT ${family} seconds\n`
  for (const { labels, value, metricName, exemplar } of values) {
    const sample = metricName ?? (type === 'counter' ? `${family}_total` : name)
    text += `${sample}${labelsOf(labels)} ${numberText(value)}${exemplar ? exemplarText(exemplar) : ''}\n`
  }
  return text
}

const exemplarText = ({ labelSet, value, timestamp }: Exemplar): string =>
  ` # ${labelsOf(labelSet) || '{}'} ${numberText(value)} ${timestamp}`

function labelsOf(labels: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${labelText(name, value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** Bucket edges are canonical floats in OpenMetrics: `le="5.0"`. */
function labelText(name: string, value: string | number): string {
  if (typeof value === 'string') return escaped(value)
  return (name === 'le' || name === 'quantile') && Number.isInteger(value) ? `${value}.0` : String(value)
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}
