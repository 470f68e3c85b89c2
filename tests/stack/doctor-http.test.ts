import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, inject, test } from 'vitest'
import { configSchema } from '#app/config-schema.ts'
import { checkHttpStores } from '#app/doctor/http-stores.ts'
import { ownName } from './names.ts'
import { serverVersions } from './servers/versions.ts'

const stack = inject('stack')

function looked(settings: object, now: () => number = Date.now) {
  const config = { ...configSchema.parse(settings), defaultTenant: 'default', defaultTenantStated: false }
  return checkHttpStores(config, now)
}

const stores = () => ({
  loki: { url: stack.loki, tenantId: ownName('org') },
  tempo: { url: stack.otlp },
  telemetry: { tracesUrl: `${stack.otlp}/v1/traces`, logsUrl: stack.loki, tenantId: ownName('org') },
  canary: { prometheusUrl: stack.prometheus },
})

test('each store is read and written, says its version and has our time, and nothing is left in it', async () => {
  const settings = stores()
  const checks = await looked(settings)
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  const found = new Map(checks.map(({ what, found }) => [what, found]))
  expect(found.get('Loki')).toMatch(
    new RegExp(`^may be read at .*; may be written to at .*; version ${serverVersions.loki}$`),
  )
  expect(found.get('Prometheus')).toContain(`version ${serverVersions.prometheus}`)
  expect(found.get('traces (OTLP)')).toMatch(/^may be written to/)
  expect([...found.keys()]).toContain('Loki clock')
  const headers = { 'x-scope-orgid': settings.loki.tenantId }
  const labels = await fetch(`${stack.loki}/loki/api/v1/labels`, { headers })
  expect(((await labels.json()) as { data?: string[] }).data ?? []).toEqual([])
})

test('a clock that differs is told of each', async () => {
  const checks = await looked(stores(), () => Date.now() - 60_000)
  expect(checks.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual(['Loki clock', 'Prometheus clock'])
})

test('a server of another kind, one that is not ready and one that refuses the login are told apart', async () => {
  const statuses: Record<string, number> = { 'not-ready': 503, login: 401, full: 429 }
  const server = createServer(({ headers }, response) => {
    response.writeHead(statuses[String(headers['x-scope-orgid'])] ?? 404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const toldOf = async (tenantId: string) =>
    (await looked({ tempo: { url, tenantId } })).filter(({ ok }) => !ok).map(({ found }) => found)
  expect(await toldOf('not-ready')).toEqual([expect.stringMatching(/^503 .* not ready: .*\(tempo\.url\)$/)])
  expect(await toldOf('login')).toEqual([expect.stringMatching(/^401 .* not accepted \(tempo\.url\)$/)])
  expect(await toldOf('full')).toEqual([expect.stringMatching(/^429 .* limits \(tempo\.url\)$/)])
  expect(await toldOf('other')).toEqual([expect.stringMatching(/^404 .* is the URL right\? \(tempo\.url\)$/)])
  await new Promise((done) => server.close(done))
})

test('an older version is told, with the one that is needed', async () => {
  const server = createServer((_request, response) => response.end('{"version": "2.9.4"}'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const told = (await looked({ loki: { url } })).filter(({ ok }) => !ok)
  expect(told.map(({ found }) => found)).toEqual(['version 2.9.4: 3.0 or newer is needed'])
  await new Promise((done) => server.close(done))
})
