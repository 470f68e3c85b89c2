import { Registry } from 'prom-client'
import type { TenantScope } from '#contracts/warehouse.ts'
import type { Exemplar } from './live-histogram.ts'
import { sharedLabels } from './members.ts'

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
export async function expose(registry: Registry, format: ExpositionFormat, tenants?: TenantScope): Promise<Exposition> {
  const contentType = format === 'text' ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE
  if (format === 'text' && tenants === undefined) return { contentType, body: await registry.metrics() }
  const metrics = (await registry.getMetricsAsJSON()) as readonly unknown[] as readonly ExposedMetric[]
  const shown = tenants === undefined ? metrics : metrics.flatMap(ownSeries([tenants].flat()))
  const text = shown.map((metric) => linesOf(metric, format)).join('')
  return { contentType, body: format === 'text' ? text : `${text}# EOF\n` }
}

/**
 * What these tenants may see of a metric: series that carry their label. A series without one speaks of the install or of
 * several tenants (a carrier of one is a secret to the other), and a label that several share is nobody's. An exemplar names
 * a call, and is the operator's.
 */
function ownSeries(tenants: readonly string[]): (metric: ExposedMetric) => readonly ExposedMetric[] {
  const own = new Set<unknown>(tenants)
  for (const shared of Object.values(sharedLabels)) own.delete(shared)
  return (metric) => {
    const values = metric.values.filter(({ labels }) => own.has(labels.tenant))
    return values.length === 0 ? [] : [{ ...metric, values: values.map((value) => ({ ...value, exemplar: null })) }]
  }
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

function linesOf({ name, help, type, values }: ExposedMetric, format: ExpositionFormat): string {
  // OpenMetrics names a family of counters without the suffix that their samples have.
  const family = type === 'counter' && format === 'openmetrics' ? name.replace(/_total$/, '') : name
  let text = `# HELP ${family} ${escaped(help)}\n# TYPE ${family} ${type}\n`
  if (format === 'openmetrics' && family.endsWith('_seconds')) text += `# UNIT ${family} seconds\n`
  for (const { labels, value, metricName, exemplar } of values) {
    const sample = metricName ?? (type === 'counter' && format === 'openmetrics' ? `${family}_total` : name)
    text += `${sample}${labelsOf(labels, format)} ${numberText(value)}${exemplar ? exemplarText(exemplar) : ''}\n`
  }
  return text
}

const exemplarText = ({ labelSet, value, timestamp }: Exemplar): string =>
  ` # ${labelsOf(labelSet, 'openmetrics') || '{}'} ${numberText(value)} ${timestamp}`

function labelsOf(labels: Readonly<Record<string, string | number>>, format: ExpositionFormat): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${format === 'openmetrics' ? labelText(name, value) : escaped(String(value))}"`,
  )
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
