import { expect, test } from 'vitest'
import { aPrometheus, linesNamed } from './examples.ts'

test('what waits of a tenant is shown by name for as many as there are labels, and goes when nothing waits', async () => {
  const { pipelines, expose } = aPrometheus({ maxTenants: 2 })
  let waiting = new Map([
    ['acme', 5],
    ['globex', 7],
    ['initech', 1],
    ['umbrella', 2],
  ])
  pipelines.watchTenants(() => ({ unreadBytes: waiting, overdueCalls: new Map([['acme', 3]]) }))
  pipelines.tenantRefused('globex')
  pipelines.tenantRefused('umbrella')
  const shown = async (name: string) =>
    linesNamed((await expose('text')).body, `callscope_pipeline_tenant_${name}`).map(({ labels, value }) => [
      labels.tenant,
      value,
    ])
  expect(await shown('unread_bytes')).toEqual([
    ['acme', 5],
    ['globex', 7],
    ['other', 3],
  ])
  expect(await shown('overdue_calls')).toEqual([['acme', 3]])
  expect(await shown('refused_requests_total')).toEqual([
    ['globex', 1],
    ['other', 1],
  ])
  waiting = new Map()
  expect(await shown('unread_bytes')).toEqual([])
})
