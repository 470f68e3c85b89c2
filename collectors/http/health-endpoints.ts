import { scopeOf } from './credentials.ts'
import { Answer, type Asked, type Endpoint } from './endpoint.ts'
import type { HttpParts } from './ports.ts'

/** What machines ask of the process itself. */
export const createHealthEndpoints = (parts: Pick<HttpParts, 'readiness' | 'metrics'>): readonly Endpoint[] => [
  {
    method: 'GET',
    path: '/health/live',
    access: 'open',
    summary: 'Whether the process answers',
    handle: () => ({ status: 'live' }),
  },
  {
    method: 'GET',
    path: '/health/ready',
    access: 'open',
    summary: 'Whether every part is there; 503 while one is not',
    async handle() {
      const { ready, ...told } = await parts.readiness()
      return new Answer(ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', ...told })
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    access: 'scrape',
    summary: 'Prometheus metrics, as text or OpenMetrics',
    description:
      "With the administrator token or that of the setting metrics.token: everything. With a tenant's key: the series that carry its label, without exemplars.",
    response: { type: 'text/plain', description: 'Exposition format by the Accept header; OpenMetrics has exemplars.' },
    async handle({ principal, headers }: Asked) {
      const wantsOpen = headers.accept?.toLowerCase().includes('application/openmetrics-text') === true
      const { contentType, body } = await parts.metrics(wantsOpen ? 'openmetrics' : 'text', scopeOf(principal))
      return new Answer(200, body, contentType)
    },
  },
]
