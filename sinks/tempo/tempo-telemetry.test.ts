import protobuf from 'protobufjs/minimal.js'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeSpansRequest } from '#contracts/otlp/encode.ts'
import { type PushServer, startPushServer } from '#tests/push-server.ts'
import { tempoConfig } from './config.ts'
import { encodeRequest, encodeSpan } from './encode.ts'
import { aSpan, exampleTrace, manySpans } from './spans-for-tests.ts'
import { createTempoTelemetry } from './tempo-telemetry.ts'

const atMs = 1_772_359_205_000
const scope = {
  ...{ tenant: 'acme', ids: ['c-1'], traceIds: [exampleTrace] },
  ...{ fromMs: atMs - 3_600_000, toMs: atMs + 3_600_000 },
}
let server: PushServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function open(answer: PushServer['answer'], config: object = {}) {
  server = await startPushServer(answer)
  const telemetry = createTempoTelemetry({ config: tempoConfig.parse({ queryUrl: server.url, ...config }) })
  return { telemetry, server }
}

/** TraceByIDResponse { trace = 1, metrics = 2 }. */
function answerOf(rows: Parameters<typeof encodeRequest>[0]): Uint8Array {
  const trace = encodeRequest(rows, encodeSpan)
  return protobuf.Writer.create().uint32(10).bytes(trace).uint32(18).bytes(Buffer.of()).finish()
}
const protobufType = { 'content-type': 'application/protobuf' }

describe('the spans of a call from Tempo', () => {
  test('are those of its tenant, each once, in order, as they came', async () => {
    const rows = [...manySpans(3), ...manySpans(3), aSpan({ Tenant: 'globex', SpanId: 'f'.repeat(16) })]
    const { telemetry, server } = await open(() => ({ status: 200, body: answerOf(rows), headers: protobufType }))
    const { state, rows: spans } = await telemetry.spans(scope)
    expect([state, spans.map(({ spanId }) => Number(`0x${spanId}`))]).toEqual(['ok', [1, 2, 3]])
    expect(spans[0]).toMatchObject({ tenant: 'acme', name: 'INVITE', kind: 2, statusCode: 2 })
    expect(spans[0]?.resource).toEqual({ 'service.name': 'call-control', 'host.name': 'cc-1' })
    expect(server.requests[0]?.path).toBe(`/api/v2/traces/${exampleTrace}`)
    expect(server.requests[0]?.headers['x-scope-orgid']).toBe('callscope')
  })

  test('are shown as far as Tempo gives them where a trace is larger than it hands out, and not called whole', async () => {
    const partial = (status: number) =>
      Buffer.concat([answerOf(manySpans(2)), protobuf.Writer.create().uint32(24).int32(status).finish()])
    for (const [status, state] of [
      [0, 'ok'],
      [1, 'unavailable'],
    ] as const) {
      const { telemetry, server } = await open(() => ({ status: 200, body: partial(status), headers: protobufType }))
      const answer = await telemetry.spans(scope)
      expect([answer.state, answer.rows.length]).toEqual([state, 2])
      await server.stop()
    }
  })

  test('are read from JSON as well', async () => {
    const span = {
      ...{ traceId: exampleTrace, spanId: '00f067aa0ba902b7', parentSpanId: '', traceState: '', name: 'x', kind: 1 },
      ...{ startTimeUnixNano: `${atMs}000000`, endTimeUnixNano: `${atMs}000001`, statusCode: 0, statusMessage: '' },
      ...{ serviceName: 's', resource: { 'callscope.tenant': 'acme' }, scopeName: '', attributes: {}, events: [] },
      links: [],
    }
    const body = JSON.stringify({ trace: JSON.parse(encodeSpansRequest([span])) })
    const { telemetry } = await open(() => ({ status: 200, body, headers: { 'content-type': 'application/json' } }))
    expect(await telemetry.spans(scope)).toMatchObject({ state: 'ok', rows: [{ name: 'x' }] })
  })

  test('are none where Tempo knows no such trace, and a call has no more than 32 asked for', async () => {
    const { telemetry, server } = await open(() => ({ status: 404 }))
    const traceIds = Array.from({ length: 100 }, (_, at) => (at + 1).toString(16).padStart(32, '0'))
    expect(await telemetry.spans({ ...scope, traceIds: ['../../api/search', ...traceIds] })).toEqual({
      ...{ state: 'ok', rows: [] },
    })
    expect(server.requests).toHaveLength(32)
  })

  test.each([
    [{ status: 503 }, 'failed'],
    [{ status: 401 }, 'refused'],
    [{ status: 200, body: '<html>', headers: { 'content-type': 'application/json' } }, 'failed'],
    ['cut', 'unreachable'],
  ] as const)('are unavailable, with a word of why, when the answer is %j: %s', async (answer, why) => {
    const { telemetry } = await open(() => answer)
    expect(await telemetry.spans(scope)).toEqual({ state: 'unavailable', why, rows: [] })
  })

  test('are unavailable when Tempo takes too long', async () => {
    const { telemetry } = await open(() => 'hang', { requestTimeoutSeconds: 1 })
    expect(await telemetry.spans(scope)).toMatchObject({ state: 'unavailable', why: 'timeout' })
  })

  test('are unavailable where nobody said where to ask', async () => {
    const telemetry = createTempoTelemetry({ config: tempoConfig.parse({ url: 'http://127.0.0.1:1' }) })
    expect(await telemetry.spans(scope)).toEqual({ state: 'unavailable', why: 'not_configured', rows: [] })
  })
})
