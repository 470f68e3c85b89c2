import { afterEach, describe, expect, test } from 'vitest'
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

  test('a proxy that breaks the connection of what is too large for it gets it in pieces', async () => {
    const { sink, server } = await open()
    const store = lokiLike(() => false)
    server.answer = (request) => (request.body.length > 20_000 ? 'cut' : store.answer(request))
    const rows = manyLines(1_000)
    for (let n = 0; n < 200 && (await sink.deliver(rows, never)).type === 'retry'; n++);
    expect(store.kept.size).toBe(1_000)
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
