import { Counter, Gauge } from 'prom-client'
import { createMembers } from './members.ts'
import { type MetricLiteral, plainConfig } from './metrics.ts'
import { pipelineMetrics } from './pipeline-metric-list.ts'
import type { PipelineMetricsOptions } from './pipeline-metrics.ts'

/** What waits of each tenant. Tenants left out have nothing waiting. */
export interface TenantLoad {
  readonly unreadBytes: ReadonlyMap<string, number>
  readonly overdueCalls: ReadonlyMap<string, number>
}

/** Which tenant sends more than its share. */
export interface TenantMetrics {
  /** A request was refused because its tenant has sent more than its share. */
  tenantRefused(tenant: string): void
  /** Asked at each exposition. */
  watchTenants(load: () => TenantLoad): void
}

export function createTenantMetrics({
  registry,
  tenants,
  maxTenants,
}: Pick<PipelineMetricsOptions, 'registry' | 'tenants' | 'maxTenants'>): TenantMetrics {
  const members = createMembers({ known: tenants, limit: maxTenants, learn: true })
  const refused = new Counter(plainConfig(pipelineMetrics.tenantRefused, registry))
  let load: () => TenantLoad = () => ({ unreadBytes: new Map(), overdueCalls: new Map() })
  const gauge = (literal: MetricLiteral, part: keyof TenantLoad) =>
    new Gauge({
      ...plainConfig(literal, registry),
      collect() {
        this.reset()
        for (const [tenant, count] of load()[part]) this.inc({ tenant: members.labelOf(tenant) }, count)
      },
    })
  gauge(pipelineMetrics.tenantUnread, 'unreadBytes')
  gauge(pipelineMetrics.tenantOverdue, 'overdueCalls')
  return {
    tenantRefused: (tenant) => refused.inc({ tenant: members.labelOf(tenant) }),
    watchTenants(asked) {
      load = asked
    },
  }
}
