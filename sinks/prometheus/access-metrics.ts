import { Counter, Gauge, type Registry } from 'prom-client'
import { type MetricLiteral, plainConfig } from './metrics.ts'

export const accessMetricList = {
  denied: {
    name: 'callscope_pipeline_denied_total',
    unit: 'count',
    help: 'Requests whose credential opened nothing, by why: no_credential, malformed, unknown_key, too_many_unknown_keys, revoked_key, expired_key, not_allowed',
    labels: ['reason'],
  },
  auditLost: {
    name: 'callscope_pipeline_audit_lost_total',
    unit: 'count',
    help: 'Audit events of administrative acts that were done, and of denials, that the log never took: must stay 0',
    labels: [],
  },
  connections: {
    name: 'callscope_pipeline_connections',
    unit: 'count',
    help: 'HTTP connections that are open',
    labels: [],
  },
  connectionsMax: {
    name: 'callscope_pipeline_connections_max',
    unit: 'count',
    help: 'Connections that are kept open at once, of what the settings and the file descriptors allow',
    labels: [],
  },
  connectionsRefused: {
    name: 'callscope_pipeline_connections_refused_total',
    unit: 'count',
    help: 'HTTP connections that were closed for another’s sake, by why: full, address (too many of one address), made_room (the longest idle one)',
    labels: ['reason'],
  },
} as const satisfies Readonly<Record<string, MetricLiteral>>

/** Why a connection was closed. A closed set, because it is a label. */
export type ConnectionRefusal = 'full' | 'address' | 'made_room'

/** Who gets in, and who does not. */
export interface AccessMetrics {
  denied(reason: string): void
  auditLost(events: number): void
  connectionRefused(reason: ConnectionRefusal): void
  /** How many connections are open, asked at each scrape, and how many may be. */
  watchConnections(open: () => number, most: number): void
}

export function createAccessMetrics(registry: Registry): AccessMetrics {
  const denied = new Counter(plainConfig(accessMetricList.denied, registry))
  const auditLost = new Counter(plainConfig(accessMetricList.auditLost, registry))
  const refused = new Counter(plainConfig(accessMetricList.connectionsRefused, registry))
  const max = new Gauge(plainConfig(accessMetricList.connectionsMax, registry))
  let open: () => number = () => 0
  new Gauge({
    ...plainConfig(accessMetricList.connections, registry),
    collect() {
      this.set(open())
    },
  })
  return {
    denied: (reason) => denied.inc({ reason }),
    auditLost: (events) => auditLost.inc(events),
    connectionRefused: (reason) => refused.inc({ reason }),
    watchConnections(count, most) {
      open = count
      max.set(most)
    },
  }
}
