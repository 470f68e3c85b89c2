import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { TracedRow } from '#contracts/warehouse.ts'
import { describeSinkPromises } from '#tests/promises/sink.ts'
import { type PushServer, startPushServer } from '#tests/push-server.ts'
import { recorder } from '../shared/recorder-for-tests.ts'
import { aConfig, aLine, linesOf, lokiLike, manyLines } from './lines-for-tests.ts'
import { createLokiSink } from './loki-sink.ts'

const never = new AbortController().signal
const nowMs = Date.UTC(2026, 2, 1, 10, 0, 10)
let server: PushServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function open(over: object = {}, parts: { readonly random?: () => number } = {}) {
  server ??= await startPushServer()
  const { told, observer } = recorder()
  const sink = createLokiSink({
    config: aConfig(server.url, over),
    ...{ observer, clock: () => nowMs, random: () => 1, ...parts },
  })
  return { sink, told, server }
}

describeSinkPromises<TracedRow>('loki', async () => {
  const store = lokiLike((line) => line.includes('GUILTY'))
  const push = await startPushServer(store.answer)
  return {
    sink: createLokiSink({
      config: aConfig(push.url),
      observer: recorder().observer,
      clock: () => nowMs,
      random: () => 0,
    }),
    rows: (count) => manyLines(count),
    guilty: () => aLine({ Body: 'GUILTY', Hash: 'f'.repeat(32) }),
    stored: async () => store.kept.size,
    hang: () => {
      push.answer = () => 'hang'
    },
    dispose: push.stop,
  }
})

describe('a line in Loki', () => {
  test('has four labels; ids, attributes and its identity are metadata', async () => {
    const { sink, server } = await open()
    await sink.deliver([aLine({}, 19)], never)
    const [pushed] = server.requests.flatMap(linesOf)
    expect(pushed).toEqual({
      org: 'callscope',
      stream: { service_name: 'call-control', severity: 'info', lane: '3', tenant: 'acme' },
      nanos: '1772359205000000001',
      line: 'INVITE sent',
      metadata: {
        line_hash: '0123456789abcdef0123456789abcdef',
        correlation_id: 'c-1',
        trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
        span_id: '00f067aa0ba902b7',
        severity_number: '9',
        severity_text: 'INFO',
        scope_name: 'sip',
        sip_method: 'INVITE',
        resource_service_name: 'call-control',
        resource_host_name: 'cc-1',
      },
    })
    expect(server.requests[0]?.path).toBe('/loki/api/v1/push')
  })

  test('goes to its tenant’s own organisation where each has one, without a label for it', async () => {
    const { sink, server } = await open({ tenants: 'each' })
    await sink.deliver([aLine(), aLine({ Tenant: 'globex' })], never)
    const pushed = server.requests.flatMap(linesOf)
    expect(pushed.map(({ org, stream }) => [org, stream.tenant]).sort()).toEqual([
      ['acme', undefined],
      ['globex', undefined],
    ])
  })

  test('of a tenant whose name would speak for others goes to nobody', async () => {
    const { sink, server, told } = await open({ tenants: 'each' })
    const delivery = await sink.deliver([aLine({ Tenant: 'acme|globex' }), aLine()], never)
    expect(delivery).toMatchObject({ type: 'refused', rows: [{ detail: expect.stringContaining('tenant_name') }] })
    expect(server.requests.flatMap(linesOf).map(({ org }) => org)).toEqual(['acme'])
    expect(told).toContainEqual(['refused', 'loki', 'tenant_name', 1])
  })

  test('of one service too many is under `other`, with its name in the metadata, and counted', async () => {
    const { sink, server, told } = await open({ servicesMax: 2 })
    await sink.deliver(
      ['a', 'b', 'c', 'a'].map((ServiceName) => aLine({ ServiceName })),
      never,
    )
    const pushed = server.requests.flatMap(linesOf)
    expect(pushed.map(({ stream, metadata }) => [stream.service_name, metadata.service])).toEqual([
      ['a', undefined],
      ['a', undefined],
      ['b', undefined],
      ['other', 'c'],
    ])
    expect(told).toContainEqual(['cut', 'loki', 'services_full', 1])
  })

  test('longer than Loki takes is cut between characters, says so and is counted', async () => {
    const { sink, server, told } = await open()
    await sink.deliver([aLine({ Body: 'ü'.repeat(200_000) })], never)
    const [pushed] = server.requests.flatMap(linesOf)
    expect(Buffer.byteLength(pushed?.line ?? '')).toBeLessThanOrEqual(262_144)
    expect(pushed?.line).toMatch(/^ü+… \[cut: \d+ of 400000 bytes left out\]$/)
    expect(told).toContainEqual(['cut', 'loki', 'line', 1])
  })

  test('with more metadata than Loki takes keeps its ids and says how many others are left out', async () => {
    const { sink, server, told } = await open()
    const LogAttributes = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key.${at}`, 'x'.repeat(400)]))
    await sink.deliver([aLine({ LogAttributes, ResourceAttributes: { big: 'x'.repeat(70_000) } })], never)
    const metadata = server.requests.flatMap(linesOf)[0]?.metadata ?? {}
    const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    expect([Object.keys(metadata).length <= 128, bytes <= 65_536]).toEqual([true, true])
    expect(metadata).toMatchObject({ correlation_id: 'c-1', line_hash: expect.any(String) })
    const kept = Object.keys(metadata).filter((name) => name.startsWith('key_')).length
    expect(metadata.metadata_left_out).toBe(String(301 - kept))
    expect(told).toContainEqual(['cut', 'loki', 'metadata', 1])
  })

  test('keeps what producers named as we or Loki name things, and names that are none', async () => {
    const { sink, server } = await open()
    const names = ['trace_id', 'lane', 'level', '***', '1st', '_x', '__name__', 'a.b', 'a_b', '', 'ключ', 'attribute_x']
    const LogAttributes = Object.fromEntries(names.map((name) => [name, `v${name}`]))
    await sink.deliver([aLine({ LogAttributes, ResourceAttributes: {} })], never)
    const metadata = server.requests.flatMap(linesOf)[0]?.metadata ?? {}
    const values = Object.values(metadata)
    for (const name of names) expect(values).toContain(`v${name}`)
    expect(metadata).toMatchObject({
      attribute_trace_id: 'vtrace_id',
      attribute_lane: 'vlane',
      a_b: 'va.b',
      a_b_2: 'va_b',
    })
    for (const name of Object.keys(metadata)) expect(name).toMatch(/^[a-z](_?[a-z0-9])*_?$/i)
  })

  test('is the same whenever, by whichever process and beside whatever others it is sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 8 }), async (bodies) => {
        const rows = () => bodies.map((Body, at) => aLine({ Body, LogAttributes: { [Body]: Body } }, at))
        const pushes: string[][] = []
        for (const order of [rows(), rows().reverse()]) {
          const { sink, server } = await open()
          server.requests.length = 0
          expect(await sink.deliver(order, never)).toEqual({ type: 'delivered' })
          pushes.push(
            server.requests
              .flatMap(linesOf)
              .map((line) => JSON.stringify(line))
              .sort(),
          )
          await sink.close()
        }
        expect(pushes[0]).toEqual(pushes[1])
      }),
      { numRuns: 30 },
    )
  })
})

describe('a push', () => {
  test('brings the lines of each stream in order of time, and no push is older than the one before', async () => {
    const { sink, server } = await open()
    const rows = [...manyLines(6_000, { ResourceAttributes: { pad: 'x'.repeat(500) } })].reverse()
    expect(await sink.deliver(rows, never)).toEqual({ type: 'delivered' })
    expect(server.requests.length).toBeGreaterThan(1)
    for (const { body } of server.requests) expect(body.length).toBeLessThan(4_000_000)
    const times = server.requests.flatMap(linesOf).map(({ nanos }) => nanos)
    expect(times).toEqual([...times].sort())
    expect(times).toHaveLength(6_000)
  })

  test('carries the credential of a proxy', async () => {
    const { sink, server } = await open({ username: 'u', password: 'p' })
    await sink.deliver([aLine()], never)
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`)
  })
})
