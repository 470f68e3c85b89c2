import type { MetricLiteral } from './metrics.ts'

// A chat message is there within a second or two, or its reader was away: from then on it is minutes and hours.
const deliveryBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600]
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What the platform does beside calls. Counted in the process: rates and alerts only. */
export const activityMetrics = {
  events: {
    name: 'callscope_activity_events_total',
    unit: 'count',
    help: 'Events of chat and presence that were stored, by type',
    labels: ['tenant', 'kind'],
  },
  delay: {
    name: 'callscope_activity_delay_seconds',
    unit: 'seconds',
    help: 'From sending a chat message to its delivery or reading, where the event states it, seconds',
    labels: ['tenant', 'kind'],
    buckets: deliveryBuckets,
  },
  requests: {
    name: 'callscope_service_requests_total',
    unit: 'count',
    help: 'Requests that a service of the platform answered, from its server spans, by outcome',
    labels: ['service', 'outcome'],
  },
  requestSeconds: {
    name: 'callscope_service_request_duration_seconds',
    unit: 'seconds',
    help: 'Duration of these requests, seconds',
    labels: ['service'],
    buckets: requestBuckets,
  },
} as const satisfies Readonly<Record<string, MetricLiteral>>
