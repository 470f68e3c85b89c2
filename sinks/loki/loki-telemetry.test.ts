import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type PushServer, startPushServer } from '#tests/push-server.ts'
import { aConfig } from './lines-for-tests.ts'
import { selectorOf } from './logql.ts'
import { createLokiTelemetry } from './loki-telemetry.ts'

const atMs = 1_772_359_205_000
const scope = {
  ...{ tenant: 'acme', ids: ['c-1'], traceIds: [] as string[] },
  ...{ fromMs: atMs - 3_600_000, toMs: atMs + 3_600_000 },
}
let server: PushServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function open(answer: PushServer['answer'], config: object = {}) {
  server = await startPushServer(answer)
  return { telemetry: createLokiTelemetry({ config: aConfig(server.url, config) }), server }
}

const answerOf = (...values: unknown[]): { readonly status: number; readonly body: string } => ({
  status: 200,
  body: JSON.stringify({
    status: 'success',
    data: { resultType: 'streams', result: [{ stream: { service_name: 'call-control', lane: '3' }, values }] },
  }),
})
const lineOf = (nanos: string, body: string, structuredMetadata: object) => [nanos, body, { structuredMetadata }]

describe('the lines of a call from Loki', () => {
  test('are asked for by tenant, ids and time, in a body and not in an address', async () => {
    const { telemetry, server } = await open(() => answerOf())
    await telemetry.logs({ ...scope, ids: ['c-1', 'a.b"c'], traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'] })
    const questions = server.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())))
    expect(questions[0]).toEqual({
      query: String.raw`{tenant="acme"} | correlation_id=~"c-1|a\\.b\"c"`,
      start: `${atMs - 3_600_000}000000`,
      end: `${atMs + 3_600_000}000000`,
      ...{ limit: '2000', direction: 'forward' },
    })
    expect(questions[1]?.query).toBe('{tenant="acme"} | trace_id=~"4bf92f3577b34da6a3ce929d0e0e4736"')
    expect(server.requests.map(({ path }) => path)).toEqual(['/loki/api/v1/query_range', '/loki/api/v1/query_range'])
  })

  test('come each once, in order, with their attributes and without our marks', async () => {
    const first = lineOf('1772359205000000002', 'second', { line_hash: 'b', resource_host: 'h', attribute_lane: 'x' })
    const second = lineOf('1772359205000000001', 'first', { line_hash: 'a', severity_number: '17', sip_method: 'BYE' })
    const { telemetry } = await open(() => answerOf(first, second, first, ['1772359205000000003', 'bare', {}]))
    const { rows } = await telemetry.logs({ ...scope, traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'] })
    expect(rows.map(({ body }) => body)).toEqual(['first', 'second', 'bare'])
    expect(rows[0]).toMatchObject({ tenant: 'acme', severityNumber: 17, attributes: { sip_method: 'BYE' } })
    expect(rows[1]).toMatchObject({ resource: { host: 'h' }, attributes: { lane: 'x' }, serviceName: 'call-control' })
  })

  test.each([
    [{ status: 500, body: 'query of {tenant="acme"} failed' }, 'failed'],
    [{ status: 403 }, 'refused'],
    [{ status: 200, body: '{"data":{"resultType":"matrix","result":[]}}' }, 'failed'],
    ['cut', 'unreachable'],
  ] as const)('are unavailable, with a word of why, when the answer is %j: %s', async (answer, why) => {
    const { telemetry } = await open(() => answer)
    expect(await telemetry.logs(scope)).toEqual({ state: 'unavailable', why, rows: [] })
  })

  test('that were found stay when another question fails: the call’s page says both', async () => {
    const { telemetry, server } = await open(() => answerOf(lineOf('1', 'found', {})))
    server.answer = ({ body }) =>
      body.toString().includes('trace_id') ? { status: 500 } : answerOf(lineOf('1', 'found', {}))
    expect(await telemetry.logs({ ...scope, traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'] })).toMatchObject({
      ...{ state: 'unavailable', why: 'failed', rows: [{ body: 'found' }] },
    })
  })
})

describe('a selector', () => {
  test('matches an id as it is and nothing else, whatever the id holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.string(), (id, other) => {
        const selector = selectorOf({ tenant: 'acme', field: 'correlation_id', values: [id] })
        const literal = /^\{tenant="acme"\} \| correlation_id=~(".*")$/s.exec(selector)?.[1] ?? ''
        // What Go reads from these quotes JSON reads alike.
        const pattern = new RegExp(`^(?:${JSON.parse(literal)})$`, 's')
        expect(pattern.test(id.toWellFormed())).toBe(true)
        expect(pattern.test(other)).toBe(other === id.toWellFormed())
      }),
    )
  })
})
