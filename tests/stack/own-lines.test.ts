import { expect, inject, test } from 'vitest'
import { createLokiLines } from '#app/telemetry/loki-lines.ts'
import { ownName } from './names.ts'

test('the program’s own lines reach a Loki that keeps tenants apart', async () => {
  const { loki } = inject('stack')
  const [tenantId, serviceName] = [ownName('tenant'), ownName('service')]
  const lines = createLokiLines({ url: loki, serviceName, tenantId, instance: 'test:1' })
  lines.write(`${JSON.stringify({ level: 30, time: new Date().toISOString(), msg: 'worker is running' })}\n`)
  const query = new URLSearchParams({ query: `{service_name="${serviceName}"}` })
  const found = async (): Promise<string> =>
    (await fetch(`${loki}/loki/api/v1/query_range?${query}`, { headers: { 'x-scope-orgid': tenantId } })).text()
  await expect.poll(found, { timeout: 20_000 }).toContain('worker is running')
})
