import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { TracedRow } from '#contracts/warehouse.ts'
import { describeSinkPromises } from '#tests/promises/sink.ts'
import { type PushServer, startPushServer } from '#tests/push-server.ts'
import type { DeliveryObserver } from '../shared/observer.ts'
import { aConfig, aLine, linesOf, manyLines } from './lines-for-tests.ts'
import { createLokiSink } from './loki-sink.ts'

const never = new AbortController().signal
const nowMs = Date.UTC(2026, 2, 1, 10, 0, 10)
let server: PushServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

function recorder() {
  const told: (readonly (string | number)[])[] = []
  const observer: DeliveryObserver = {
    stored: (sink, rows) => void told.push(['stored', sink, rows]),
    retry: (sink, reason) => void told.push(['retry', sink, reason]),
    refused: (sink, reason, rows) => void told.push(['refused', sink, reason, rows]),
    cut: (sink, reason, rows) => void told.push(['cut', sink, reason, rows]),
  }
  return { told, observer }
}

async function open(over: object = {}, parts: { readonly random?: () => number } = {}) {
  server ??= await startPushServer()
  const { told, observer } = recorder()
  const sink = createLokiSink({
    config: aConfig(server.url, over),
    ...{ observer, clock: () => nowMs, random: () => 1, ...parts },
  })
  return { sink, told, server }
}

/** As Loki does: keeps what is good of a push, and says of the rest what the matter is, quoting stream and tenant. */
function lokiLike(isGuilty: (line: string) => boolean) {
  const kept = new Set<string>()
  return {
    kept,
    answer: ((request) => {
      const lines = linesOf(request)
      const bad = lines.filter(({ line }) => isGuilty(line))
      for (const line of lines) if (!isGuilty(line.line)) kept.add(JSON.stringify(line))
      const [first] = bad
      if (first === undefined) return { status: 204 }
      const words = `max entry size '262144' bytes exceeded for stream '${JSON.stringify(first.stream)}' GUILTY`
      return { status: 400, body: `${bad.length} errors like: ${words}` }
    }) satisfies PushServer['answer'],
  }
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

describe('when Loki does not take a push', () => {
  test.each([
    [429, 'rate_limited'],
    [500, 'server_error'],
    [503, 'server_error'],
    [401, 'credential'],
    [403, 'credential'],
    [404, 'wrong_address'],
    [302, 'wrong_address'],
    [260, 'blocked'],
  ] as const)('%i means the same rows again: %s', async (status, reason) => {
    const { sink, server, told } = await open()
    server.next.push({ status, body: 'user acme, stream {service_name="x"}' })
    const rows = [aLine()]
    const delivery = await sink.deliver(rows, never)
    expect(delivery).toMatchObject({ type: 'retry', cause: { message: `loki: ${reason}` } })
    expect(told).toEqual([['retry', 'loki', reason]])
    expect(await sink.deliver(rows, never)).toEqual({ type: 'delivered' })
    expect(new Set(server.requests.map(({ body }) => body.toString())).size).toBe(1)
  })

  test('a connection that breaks, and an answer that never comes, mean the same', async () => {
    const { sink, server, told } = await open({ requestTimeoutSeconds: 1 })
    const rows = [aLine()]
    server.next.push('cut', 'hang')
    expect(await sink.deliver(rows, never)).toMatchObject({ type: 'retry' })
    expect(await sink.deliver(rows, never)).toMatchObject({ type: 'retry' })
    expect(await sink.deliver(rows, never)).toEqual({ type: 'delivered' })
    expect(told.slice(0, 2)).toEqual([
      ['retry', 'loki', 'unreachable'],
      ['retry', 'loki', 'timeout'],
    ])
  })

  test('the wait doubles up to half a minute, half of it left to chance', async () => {
    const chance = [1, 1, 0, 1, 1, 1, 1, 1, 1]
    const { sink, server } = await open({}, { random: () => chance.shift() ?? 1 })
    server.answer = () => ({ status: 500 })
    const waits: number[] = []
    const rows = [aLine()]
    for (let n = 0; n < 9; n++) {
      const delivery = await sink.deliver(rows, never)
      waits.push(delivery.type === 'retry' ? delivery.afterMs : -1)
    }
    expect(waits).toEqual([500, 1_000, 1_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  test.each([
    ['7', 7_000],
    ['Sun, 01 Mar 2026 10:01:10 GMT', 60_000],
    ['86400', 300_000],
    ['Sun, 01 Mar 2020 10:01:10 GMT', 500],
    ['soon', 500],
  ])('Retry-After: %s is believed, within reason: %i ms', async (header, afterMs) => {
    const { sink, server } = await open()
    server.next.push({ status: 429, headers: { 'retry-after': header } })
    expect(await sink.deliver([aLine()], never)).toMatchObject({ type: 'retry', afterMs })
  })

  test('a stream too many is told apart from a rate: waiting does not mend it', async () => {
    const { sink, server, told } = await open()
    server.next.push({ status: 429, body: 'Maximum active stream limit exceeded when trying to create stream' })
    await sink.deliver([aLine()], never)
    expect(told).toEqual([['retry', 'loki', 'stream_limit']])
  })

  test('a limit smaller than a push is met with halves, and what was taken is not sent again', async () => {
    const { sink, server } = await open()
    const taken: string[] = []
    server.answer = (request) => {
      const lines = linesOf(request)
      if (lines.length > 10) return { status: 429 }
      taken.push(...lines.map(({ line }) => line))
      return { status: 204 }
    }
    const rows = manyLines(100)
    for (let n = 0; n < 50 && (await sink.deliver(rows, never)).type === 'retry'; n++);
    expect(taken).toEqual(rows.map((_, at) => `line ${at}`))
  })

  test('one tenant’s limit keeps nobody else’s lines back', async () => {
    const { sink, server } = await open({ tenants: 'each' })
    server.answer = ({ headers }) => ({ status: headers['x-scope-orgid'] === 'acme' ? 429 : 204 })
    const rows = [aLine(), ...manyLines(5, { Tenant: 'globex' })]
    expect(await sink.deliver(rows, never)).toMatchObject({ type: 'retry' })
    server.answer = () => ({ status: 204 })
    expect(await sink.deliver(rows, never)).toEqual({ type: 'delivered' })
    const orgs = server.requests.map(({ headers }) => headers['x-scope-orgid'])
    expect(orgs.toSorted()).toEqual(['acme', 'acme', 'globex'])
  })
})

describe('what Loki refuses for good', () => {
  test('is known by Loki’s own words, whatever else they quote', async () => {
    const words: readonly (readonly [string, string])[] = [
      [
        `entry for stream '{a="b"}' has timestamp too old: 2026-02-01T00:00:00Z, oldest acceptable timestamp is: x`,
        'too_old',
      ],
      [`entry for stream '{a="b"}' has timestamp too new: 2027-02-01T00:00:00Z`, 'too_far_ahead'],
      [`entry with timestamp 2026 ignored, reason: 'entry too far behind, entry timestamp is: 1', `, 'too_far_behind'],
      [
        `max entry size '10' bytes exceeded for stream '{}' while adding an entry with length '11' bytes`,
        'line_too_long',
      ],
      [`stream '{}' has structured metadata too large: '9' bytes, limit: '8' bytes`, 'metadata'],
      [`entry for stream '{}' has 16 label names; limit 15`, 'labels'],
      [`<html>Bad Request</html>`, 'other'],
    ]
    for (const [body, reason] of words) {
      const { sink, server, told } = await open()
      server.next.push({ status: 400, body })
      const delivery = await sink.deliver([aLine()], never)
      expect(told).toEqual([['refused', 'loki', reason, 1]])
      const detail = delivery.type === 'refused' ? (delivery.rows[0]?.detail ?? '') : ''
      expect(detail).toMatch(new RegExp(`^loki: ${reason} \\(1 of this batch\\): `))
      expect(detail).not.toContain(body)
    }
  })

  test('old lines of a replay are named by their time, without a search', async () => {
    const { sink, server, told } = await open()
    const limit = 1_772_359_205
    server.answer = (request) => {
      const old = linesOf(request).filter(({ nanos }) => Number(nanos) / 1e9 < limit)
      const words = `entry for stream '{}' has timestamp too old: x, oldest acceptable timestamp is: 2026-03-01T10:00:05Z`
      return old.length === 0 ? { status: 204 } : { status: 400, body: `${old.length} errors like: ${words}` }
    }
    const old = Array.from({ length: 500 }, (_, at) => aLine({ Timestamp: `${limit - 600 + at}.000000000` }))
    const delivery = await sink.deliver([...old, ...manyLines(100)], never)
    expect(server.requests).toHaveLength(2)
    expect(told).toContainEqual(['refused', 'loki', 'too_old', 500])
    expect(told).toContainEqual(['stored', 'loki', 100])
    expect(delivery.type === 'refused' && delivery.rows.every(({ row }) => old.includes(row))).toBe(true)
    expect(delivery.type === 'refused' && delivery.rows.length).toBe(20)
  })

  test('is counted in full and named in a bounded sample, after a bounded search', async () => {
    const { sink, server, told } = await open()
    const store = lokiLike((line) => Number(line.split(' ')[1]) % 2 === 0)
    server.answer = store.answer
    const delivery = await sink.deliver(manyLines(5_000), never)
    expect(delivery.type === 'refused' && delivery.rows.length).toBe(20)
    expect(server.requests.length).toBeLessThan(500)
    const refused = told.filter(([what]) => what === 'refused').reduce((sum, [, , , rows]) => sum + Number(rows), 0)
    expect([refused, store.kept.size]).toEqual([2_500, 2_500])
  })

  test('a push too large is halved until it passes; a line too large alone is refused', async () => {
    const { sink, server, told } = await open()
    server.answer = ({ body }) => ({ status: body.length > 5_000 ? 413 : 204 })
    const rows = [...manyLines(100), aLine({ Body: 'x'.repeat(6_000) })]
    expect(await sink.deliver(rows, never)).toMatchObject({
      type: 'refused',
      rows: [{ row: rows[100], detail: expect.stringContaining('too_large') }],
    })
    expect(told.filter(([what]) => what === 'refused')).toEqual([['refused', 'loki', 'too_large', 1]])
  })
})
