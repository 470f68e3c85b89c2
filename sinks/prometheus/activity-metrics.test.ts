import { expect, test } from 'vitest'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, RawRow, RawTable } from '#contracts/warehouse.ts'
import { aPrometheus, linesNamed } from './examples.ts'

const aRow = (table: RawTable, cells: Readonly<Record<string, Cell>>): RawRow => ({
  table,
  cells: (rawColumns[table] as readonly string[]).map((name) => cells[name] ?? null),
})
const anEvent = (type: string, delay_ms: number | null = null, tenant = 'acme') =>
  aRow('activity_events', { tenant, type, delay_ms })
const aSpan = (ServiceName: string, over: Readonly<Record<string, Cell>> = {}) =>
  aRow('otel_traces', { ServiceName, SpanKind: 'Server', StatusCode: 'Unset', Duration: '20000000', ...over })

test('chat is counted by tenant and kind, and its delay where the event states it', async () => {
  const { activity, expose } = aPrometheus()
  activity.observe([anEvent('chat.sent'), anEvent('chat.delivered', 250), anEvent('chat.delivered')])
  const { body } = await expose('text')
  expect(linesNamed(body, 'callscope_activity_events_total').map(({ labels, value }) => [labels.kind, value])).toEqual([
    ['chat.sent', 1],
    ['chat.delivered', 2],
  ])
  expect(linesNamed(body, 'callscope_activity_delay_seconds_sum')).toMatchObject([
    { labels: { tenant: 'acme', kind: 'chat.delivered' }, value: 0.25 },
  ])
})

test('requests are what services answered: server spans, by outcome', async () => {
  const { activity, expose } = aPrometheus()
  const failed = { StatusCode: 'Error' }
  activity.observe([aSpan('iam'), aSpan('iam', failed), aSpan('iam', { SpanKind: 'Client' }), aSpan('pdp')])
  const { body } = await expose('text')
  const counted = linesNamed(body, 'callscope_service_requests_total')
  expect(counted.map(({ labels, value }) => [labels.service, labels.outcome, value])).toEqual([
    ['iam', 'ok', 1],
    ['iam', 'error', 1],
    ['pdp', 'ok', 1],
  ])
  expect(linesNamed(body, 'callscope_service_request_duration_seconds_sum')[0]?.value).toBeCloseTo(0.04)
})

test('a thousand names of services and tenants make no thousand series', async () => {
  const { activity, expose } = aPrometheus()
  const many = Array.from({ length: 1_000 }, (_, at) => at)
  activity.observe(many.flatMap((at) => [aSpan(`pod-${at}`), anEvent('chat.sent', null, `tenant-${at}`)]))
  const { body } = await expose('text')
  expect(linesNamed(body, 'callscope_service_requests_total')).toHaveLength(41)
  expect(linesNamed(body, 'callscope_activity_events_total')).toHaveLength(50)
  expect(body).toContain('callscope_service_requests_total{service="other",outcome="ok"} 960')
})
