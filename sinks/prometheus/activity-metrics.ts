import { Counter, type Registry } from 'prom-client'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, RawRow } from '#contracts/warehouse.ts'
import { activityMetrics } from './activity-metric-list.ts'
import { defaultMaxTenants } from './call-metrics.ts'
import { LiveHistogram } from './live-histogram.ts'
import { createMembers } from './members.ts'
import { plainConfig } from './metrics.ts'

export interface ActivityMetrics {
  /** Counts stored rows of chat and presence, and of server spans; rows of other tables say nothing here. */
  observe(rows: Iterable<RawRow>): void
}

export interface ActivityMetricsOptions {
  readonly registry: Registry
  readonly tenants: readonly string[]
  readonly maxTenants?: number
  /** Services that come first have a label; the others share `other`. */
  readonly maxServices?: number
}

/** A platform has a dozen services. Beyond this many somebody puts names of hosts or builds there. */
const defaultMaxServices = 40

const columnOf = <Table extends 'activity_events' | 'otel_traces'>(
  table: Table,
  name: (typeof rawColumns)[Table][number],
): number => (rawColumns[table] as readonly string[]).indexOf(name)

const event = {
  tenant: columnOf('activity_events', 'tenant'),
  type: columnOf('activity_events', 'type'),
  delayMs: columnOf('activity_events', 'delay_ms'),
}
const span = {
  kind: columnOf('otel_traces', 'SpanKind'),
  service: columnOf('otel_traces', 'ServiceName'),
  status: columnOf('otel_traces', 'StatusCode'),
  nanos: columnOf('otel_traces', 'Duration'),
}

/** Rates, errors and delays of what happens beside calls. No label is what somebody sent, unless it has a place in a budget. */
export function createActivityMetrics(options: ActivityMetricsOptions): ActivityMetrics {
  const { registry, maxTenants = defaultMaxTenants, maxServices = defaultMaxServices } = options
  const events = new Counter(plainConfig(activityMetrics.events, registry))
  const requests = new Counter(plainConfig(activityMetrics.requests, registry))
  const delay = histogramOf(new LiveHistogram(activityMetrics.delay, registry))
  const requestSeconds = histogramOf(new LiveHistogram(activityMetrics.requestSeconds, registry))
  const tenants = createMembers({ known: options.tenants, limit: maxTenants, learn: true })
  const services = createMembers({ known: [], limit: maxServices, learn: true })

  function observeEvent(cells: readonly Cell[]): void {
    const tenant = tenants.labelOf(String(cells[event.tenant]))
    // One of the schema's types: the decode step has refused all others.
    const kind = String(cells[event.type])
    events.inc({ tenant, kind })
    const delayMs = cells[event.delayMs]
    if (typeof delayMs === 'number') delay(delayMs / 1_000, tenant, kind)
  }

  function observeSpan(cells: readonly Cell[]): void {
    if (cells[span.kind] !== 'Server') return
    const service = services.labelOf(String(cells[span.service]))
    requests.inc({ service, outcome: cells[span.status] === 'Error' ? 'error' : 'ok' })
    requestSeconds(Number(cells[span.nanos]) / 1e9, service)
  }

  return {
    observe(rows) {
      for (const { table, cells } of rows) {
        if (table === 'activity_events') observeEvent(cells)
        else if (table === 'otel_traces') observeSpan(cells)
      }
    },
  }
}

/** Adds a value to the series of its labels. */
function histogramOf(histogram: LiveHistogram): (value: number, ...labels: readonly string[]) => void {
  const series = new Map<string, ReturnType<LiveHistogram['series']>>()
  return (value, ...labels) => {
    const key = labels.join('\u0000')
    const own = series.get(key) ?? histogram.series(...labels)
    series.set(key, own)
    histogram.add(own, value)
  }
}
