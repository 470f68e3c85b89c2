import protobuf from 'protobufjs/minimal.js'
import { afterEach, describe, expect, test } from 'vitest'
import { decodeSpans } from '#contracts/otlp/decode.ts'
import { parseProtobuf } from '#contracts/otlp/protobuf.ts'
import { encodeTraceResponse } from '#contracts/otlp/responses.ts'
import type { Span } from '#contracts/signals/otlp.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import { describeSinkPromises } from '#tests/promises/sink.ts'
import { type PushRequest, type PushServer, startPushServer } from '#tests/push-server.ts'
import { recorder } from '../shared/recorder-for-tests.ts'
import { aConfig, aSpan, exampleTrace, manySpans } from './spans-for-tests.ts'
import { createTempoSink } from './tempo-sink.ts'

const never = new AbortController().signal
let server: PushServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function open(over: object = {}, clock = () => 0) {
  server ??= await startPushServer(() => ({ status: 200 }))
  const { told, observer } = recorder()
  const sink = createTempoSink({ config: aConfig(server.url, over), observer, clock, random: () => 1 })
  return { sink, told, server }
}

function spansOf({ body, headers }: PushRequest): readonly Span[] {
  const decoded = decodeSpans(body, headers['content-type'])
  if (decoded.type !== 'decoded' || decoded.refused.length > 0) throw new Error('no export request')
  return decoded.spans
}

describeSinkPromises<TracedRow>('tempo', async () => {
  const kept = new Set<string>()
  const push = await startPushServer((request) => {
    const spans = spansOf(request)
    // As a receiver does: a request with one bad span is refused whole.
    if (spans.some(({ name }) => name === 'GUILTY')) return { status: 400, body: 'GUILTY' }
    for (const span of spans) kept.add(`${span.spanId} ${span.kind}`)
    return { status: 200 }
  })
  return {
    sink: createTempoSink({
      config: aConfig(push.url),
      observer: recorder().observer,
      clock: () => 0,
      random: () => 0,
    }),
    rows: (count) => manySpans(count),
    guilty: () => aSpan({ SpanName: 'GUILTY', SpanId: 'f'.repeat(16) }),
    stored: async () => kept.size,
    hang: () => {
      push.answer = () => 'hang'
    },
    dispose: push.stop,
  }
})

describe('a span over OTLP', () => {
  test('is what came, with whose it is in its resource', async () => {
    const { sink, server } = await open()
    expect(await sink.deliver([aSpan()], never)).toEqual({ type: 'delivered' })
    const [request] = server.requests
    expect(request?.path).toBe('/v1/traces')
    expect(request?.headers).toMatchObject({
      ...{ 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip', 'x-scope-orgid': 'callscope' },
    })
    expect(server.requests.flatMap(spansOf)).toEqual([
      {
        traceId: exampleTrace,
        spanId: '00f067aa0ba902b7',
        parentSpanId: '53995c3f42cd8ad8',
        traceState: 'vendor=1',
        name: 'INVITE',
        kind: 2,
        startTimeUnixNano: '1772359205000000001',
        endTimeUnixNano: '1772359205002500001',
        statusCode: 2,
        statusMessage: 'no route',
        serviceName: 'call-control',
        resource: { 'service.name': 'call-control', 'host.name': 'cc-1', 'callscope.tenant': 'acme' },
        scopeName: 'sip',
        // A number by convention is one again; an extension stays the text it was.
        attributes: { correlation_id: 'c-1', 'http.response.status_code': 503, extension: '100' },
        events: [{ timeUnixNano: '1772359205000000002', name: 'retry', attributes: { n: '1' } }],
        links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }],
      },
    ])
  })

  test('shares its resource and scope with all that have them, wherever they stand in the batch', async () => {
    const { sink, server } = await open()
    const rows = Array.from({ length: 90 }, (_, at) =>
      aSpan({
        SpanId: (at + 1).toString(16).padStart(16, '0'),
        ResourceAttributes: { 'service.name': `s${at % 3}` },
        ServiceName: `s${at % 3}`,
        ScopeName: `scope ${at % 2}`,
      }),
    )
    await sink.deliver(rows, never)
    const tree = parseProtobuf(server.requests[0]?.body ?? Buffer.of(), 'spans') as {
      resourceSpans: { scopeSpans: { spans: unknown[] }[] }[]
    }
    expect(tree.resourceSpans.map(({ scopeSpans }) => scopeSpans.map(({ spans }) => spans.length))).toEqual([
      [15, 15],
      [15, 15],
      [15, 15],
    ])
  })

  test('with half characters, empty values and no parent is a message that a strict receiver reads', async () => {
    const { sink, server } = await open()
    await sink.deliver(
      [
        aSpan({
          SpanName: '\ud800',
          ParentSpanId: '',
          SpanAttributes: { '': '', a: '\udfff' },
          ResourceAttributes: {},
        }),
      ],
      never,
    )
    expect(server.requests.flatMap(spansOf)[0]).toMatchObject({
      ...{ name: '\ufffd', parentSpanId: '', attributes: { '': '', a: '\ufffd' } },
      resource: { 'service.name': 'call-control', 'callscope.tenant': 'acme' },
    })
  })

  test('says whose it is whatever its producer claims', async () => {
    const { sink, server } = await open({ tenants: 'each' })
    await sink.deliver([aSpan({ ResourceAttributes: { 'callscope.tenant': 'globex' } })], never)
    expect(server.requests.map(({ headers }) => headers['x-scope-orgid'])).toEqual(['acme'])
    expect(server.requests.flatMap(spansOf)[0]?.resource['callscope.tenant']).toBe('acme')
  })
})

describe('a trace larger than Tempo takes', () => {
  test('is cut at its bound of spans in one batch, counted and sampled; other traces are not', async () => {
    const { sink, told, server } = await open({ spansPerTrace: 100 })
    const others = manySpans(50, { TraceId: 'a'.repeat(32) })
    expect(await sink.deliver([...manySpans(150), ...others], never)).toMatchObject({ type: 'refused' })
    expect(told).toContainEqual(['stored', 'tempo', 150])
    const lost = told.filter(([what, , reason]) => what === 'refused' && reason === 'trace_too_large')
    expect(lost.reduce((sum, [, , , rows]) => sum + Number(rows), 0)).toBe(50)
    expect(server.requests.flatMap(spansOf)).toHaveLength(150)
  })

  test('is cut over several batches by its bytes, until it has been silent for ten minutes', async () => {
    let nowMs = 0
    const { sink, server } = await open({}, () => nowMs)
    const big = () => manySpans(10, { StatusMessage: 'x'.repeat(100_000) })
    for (let n = 0; n < 4; n++) expect((await sink.deliver(big(), never)).type).toBe('delivered')
    expect((await sink.deliver(big(), never)).type).toBe('refused')
    expect(server.requests.flatMap(spansOf)).toHaveLength(44)
    nowMs = 11 * 60_000
    expect((await sink.deliver(big(), never)).type).toBe('delivered')
  })

  test('has not grown by what the receiver did not take', async () => {
    const { sink, server } = await open()
    const rows = manySpans(40, { StatusMessage: 'x'.repeat(100_000) })
    server.answer = () => ({ status: 503 })
    for (let n = 0; n < 3; n++) expect((await sink.deliver([...rows], never)).type).toBe('retry')
    server.answer = () => ({ status: 200 })
    expect((await sink.deliver([...rows], never)).type).toBe('delivered')
  })
})

describe('what a receiver answers', () => {
  test.each([429, 500, 502, 503, 504, 408])('%i: the same spans again', async (status) => {
    const { sink, server } = await open()
    const rows = [aSpan()]
    server.next.push({ status })
    expect((await sink.deliver(rows, never)).type).toBe('retry')
    expect(await sink.deliver(rows, never)).toEqual({ type: 'delivered' })
    expect(new Set(server.requests.map(({ body }) => body.toString('hex'))).size).toBe(1)
  })

  test.each(['protobuf', 'json'] as const)(
    'partial success in %s: counted, sampled, not sent again',
    async (encoding) => {
      const { sink, server, told } = await open()
      const body = encodeTraceResponse({ rejected: 3, message: 'spans of acme, trace 4bf9' }, encoding)
      const headers = { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf' }
      server.next.push({ status: 200, body, headers })
      const delivery = await sink.deliver(manySpans(10), never)
      expect(delivery.type === 'refused' && delivery.rows.map(({ detail }) => detail)).toHaveLength(3)
      expect(JSON.stringify(delivery.type === 'refused' && delivery.rows[0]?.detail)).not.toContain('acme')
      expect(told).toEqual([
        ['stored', 'tempo', 7],
        ['refused', 'tempo', 'rejected_by_receiver', 3],
      ])
      expect(server.requests).toHaveLength(1)
    },
  )

  test('a success with a body that is nothing is a success', async () => {
    const { sink, server } = await open()
    for (const body of [
      Buffer.of(),
      Buffer.from([0xff, 0xff]),
      protobuf.Writer.create().uint32(10).fork().ldelim().finish(),
    ]) {
      server.next.push({ status: 200, body })
      expect(await sink.deliver([aSpan()], never)).toEqual({ type: 'delivered' })
    }
  })
})
