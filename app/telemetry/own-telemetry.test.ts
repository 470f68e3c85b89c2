import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aFolder } from '../cli-for-tests.ts'
import { type Receiver, startReceiver } from './receiver-for-tests.ts'

// Words that may be in no log line, metric or span: what settings keep, what requests carry, and what messages say.
const secrets = {
  administrator: 'planted-administrator-token',
  clickhouse: 'planted-clickhouse-password',
  loki: 'planted-loki-password',
  key: 'planted-api-key-0123456789',
  query: 'planted-query-value',
  party: 'planted-party-15550100',
  logged: 'planted-logged-bearer',
  invalid: 'planted-invalid-value',
  id: 'planted-correlation-id',
}
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

let traces: Receiver
let loki: Receiver
let child: ChildProcess
let url: string
let said = ''

beforeAll(async () => {
  traces = await startReceiver()
  loki = await startReceiver()
  const folder = aFolder()
  const tokenFile = join(folder, 'given.token')
  writeFileSync(tokenFile, secrets.administrator)
  child = spawn(
    process.execPath,
    [join(import.meta.dirname, '..', 'callscope.ts'), 'up', '--port', '0', '--json', '--data-dir', join(folder, 'd')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CALLSCOPE_LOG_LEVEL: 'debug',
        CALLSCOPE_ADMIN_TOKEN_FILE: tokenFile,
        CALLSCOPE_CLICKHOUSE_PASSWORD: secrets.clickhouse,
        CALLSCOPE_TELEMETRY_TRACES_URL: `${traces.url}/v1/traces`,
        CALLSCOPE_TELEMETRY_TRACES_SHARE: '1',
        CALLSCOPE_TELEMETRY_LOGS_URL: loki.url.replace('//', `//someone:${secrets.loki}@`),
      },
    },
  )
  child.stderr?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const [first] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  url = (JSON.parse(first.toString()) as { url: string }).url
  await send()
}, 60_000)
afterAll(async () => {
  child.kill('SIGKILL')
  await traces.stop()
  await loki.stop()
})

const asAdministrator = { headers: { authorization: `Bearer ${secrets.administrator}` } }

const event = (id: string, data: object) => ({
  ...{ specversion: '1.0', id, source: '/test', type: 'call.started', time: new Date().toISOString() },
  ...{ correlationid: secrets.id, traceparent, data },
})

async function send(): Promise<void> {
  const post = (path: string, contentType: string, body: unknown) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        authorization: `Bearer ${secrets.administrator}`,
        'callscope-tenant': 'default',
      },
      body: JSON.stringify(body),
    })
  const batch = [event('1', { from: secrets.party }), event('2', { sip_code: secrets.invalid })]
  await post('/v1/events', 'application/cloudevents-batch+json', batch.slice(0, 1))
  await post('/v1/events', 'application/cloudevents-batch+json', batch)
  const line = {
    timeUnixNano: `${Date.now()}000000`,
    severityNumber: 17,
    body: { stringValue: `Bearer ${secrets.logged}` },
  }
  await post('/v1/logs', 'application/json', { resourceLogs: [{ scopeLogs: [{ logRecords: [line] }] }] })
  await fetch(`${url}/api/calls?id=${secrets.query}`, { headers: { authorization: `Bearer ${secrets.key}` } })
  await fetch(`${url}/api/calls/${secrets.id}`, asAdministrator)
}

interface SentSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly links?: readonly { readonly traceId: string }[]
}

const spans = (): readonly SentSpan[] =>
  (traces.bodies as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }[]).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  )

async function until<T>(look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('did not happen')
}

test('a batch is one span with its stages, linked to the traces of its messages', async () => {
  const batch = await until(() => spans().find(({ name, links = [] }) => name === 'calls batch' && links.length > 0))
  expect(batch.links?.map((link) => link.traceId)).toEqual([traceId])
  const stages = spans().filter(({ parentSpanId }) => parentSpanId === batch.spanId)
  expect(stages.map(({ name }) => name).toSorted()).toEqual(['announce', 'commit', 'decode', 'deliver', 'poll'])
  const deliver = stages.find(({ name }) => name === 'deliver')
  const statements = spans().filter(({ parentSpanId }) => parentSpanId === deliver?.spanId)
  expect(statements.map(({ name }) => name)).toContain('INSERT call_events')
})

test('a recompute of calls is a trace of its own, with its statements', async () => {
  const recompute = await until(() => spans().find(({ name }) => name === 'summaries recompute'))
  const under = await until(() => spans().find(({ parentSpanId }) => parentSpanId === recompute.spanId))
  expect(under.traceId).toBe(recompute.traceId)
})

test('a request is a span by the template of its route, with what it asked of the warehouse', async () => {
  const request = await until(() => spans().find(({ name }) => name === 'GET /api/calls/:id'))
  const under = spans().filter((span) => span.traceId === request.traceId)
  expect(under.some(({ name }) => name.startsWith('SELECT '))).toBe(true)
  expect(spans().some(({ name }) => name === 'POST /v1/events')).toBe(true)
})

test('no planted secret is in any log line, metric or span', async () => {
  await until(() => spans().find(({ name }) => name === 'logs batch'))
  await until(() => (loki.bodies.length > 0 ? true : undefined))
  const metrics = await (await fetch(`${url}/metrics`, asAdministrator)).text()
  expect(metrics).toContain('callscope_pipeline_settle_seconds_count{pipeline="calls"}')
  const told = { log: said, metrics, spans: JSON.stringify(traces.bodies), loki: JSON.stringify(loki.bodies) }
  expect(told.log).toContain('callscope is up')
  for (const [where, text] of Object.entries(told))
    expect(
      Object.values(secrets).filter((secret) => text.includes(secret)),
      where,
    ).toEqual([])
})

test('own lines go to Loki with the time they were written, and to standard error all the same', async () => {
  const streams = (loki.bodies as { streams: { stream: object; values: [string, string][] }[] }[]).flatMap(
    (body) => body.streams,
  )
  const up = streams.find(({ values }) => values.some(([, line]) => line.includes('callscope is up')))
  expect(up?.stream).toMatchObject({ level: 'info', service_name: 'callscope' })
  expect(Math.abs(Number(up?.values[0]?.[0].slice(0, 13)) - Date.now())).toBeLessThan(120_000)
})

test('the last spans are sent before the process ends', async () => {
  const before = spans().length
  await fetch(`${url}/api/openapi.json`)
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(spans().length).toBeGreaterThan(before)
})
