import { afterEach, describe, expect, test } from 'vitest'
import { type PushServer, startPushServer } from '#tests/push-server.ts'
import { aConfig } from './lines-for-tests.ts'
import { createLokiEraser } from './loki-eraser.ts'

const dayMs = 86_400_000
const nowMs = Date.UTC(2026, 0, 31, 12)
let server: PushServer | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

async function open(answer: PushServer['answer'], config: object = {}) {
  server = await startPushServer(answer)
  const made = aConfig(server.url, { retentionDays: 2, ...config })
  return { eraser: createLokiEraser({ config: made, clock: () => nowMs }), server }
}

const answerOf = (...values: unknown[]) => ({
  status: 200,
  body: JSON.stringify({ data: { resultType: 'streams', result: [{ stream: { service_name: 'sbc' }, values }] } }),
})
const lineOf = (n: number, body: string) => [
  `${nowMs - 10_000 + n}000000`,
  body,
  { structuredMetadata: { line_hash: String(n) } },
]
const scope = { tenant: 'acme', ids: ['c-1'], texts: ['4443322'] }

describe('lines that name somebody', () => {
  test('are looked for by call and by text, day after day of what Loki keeps, and in no address', async () => {
    const { eraser, server } = await open(() => answerOf())
    expect(await eraser.find(scope, () => true)).toEqual({ state: 'ok', lines: [] })
    const asked = server.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body.toString())))
    expect(asked.map(({ start, end }) => (Number(end) - Number(start)) / 1e6 / dayMs)).toEqual([1, 1, 1, 1])
    expect(asked[0]?.start).toBe(`${nowMs - 2 * dayMs}000000`)
    expect(asked[0]?.query).toBe('{tenant="acme"} | correlation_id=~"c-1"')
    expect(asked[2]?.query).toContain(String.raw`|~ "(?i)4[ ().\\-/\\x{a0}]*4[ `)
    expect(server.requests.map(({ path }) => path).join()).not.toContain('444')
  })

  test('are told by their hash, each once, and no others', async () => {
    const { eraser } = await open(() => answerOf(lineOf(1, 'hers\u0000map[a:b]'), lineOf(2, 'his'), lineOf(1, 'hers')))
    const found = await eraser.find(scope, ({ body }) => body === 'hers')
    expect(found).toEqual({ state: 'ok', lines: [{ hash: '1', atMs: nowMs - 9_999 }] })
  })

  test('are asked for again from the last of an answer that was as long as answers get', async () => {
    const full = Array.from({ length: 5_000 }, (_, n) => lineOf(n, 'x'))
    const { eraser, server } = await open(() => answerOf(), { retentionDays: 1 })
    server.next.push(answerOf(...full), answerOf(lineOf(5_000, 'x')))
    const found = await eraser.find({ ...scope, texts: [] }, () => true)
    expect(found.state === 'ok' && found.lines.length).toBe(5_001)
    const starts = server.requests.map(({ body }) => new URLSearchParams(body.toString()).get('start'))
    expect(starts[1]).toBe(`${nowMs - 10_000 + 4_999}000000`)
  })

  test.each([
    [{ status: 500 }, 'failed'],
    [{ status: 401 }, 'refused'],
    ['cut' as const, 'unreachable'],
  ])('cannot be told where the store answers %j', async (answer, why) => {
    const { eraser } = await open(() => answer)
    expect(await eraser.find(scope, () => true)).toEqual({ state: 'unavailable', why })
  })
})

describe('a request to delete', () => {
  test('names hashes, a day at a time, and never the future', async () => {
    const { eraser, server } = await open(() => ({ status: 204 }))
    const lines = [
      { hash: 'a', atMs: nowMs - 30_000 },
      { hash: 'b', atMs: nowMs - dayMs },
      { hash: 'c', atMs: nowMs - 40_000 },
    ]
    expect(await eraser.remove('acme', lines)).toBe('asked')
    const asked = server.requests.map(({ path }) => Object.fromEntries(new URL(path, 'http://x').searchParams))
    const midnight = Math.floor(nowMs / dayMs) * 86_400
    expect(asked).toEqual([
      { query: '{tenant="acme"} | line_hash=~"a|c"', start: `${midnight}`, end: `${nowMs / 1_000 - 60}` },
      { query: '{tenant="acme"} | line_hash=~"b"', start: `${midnight - 86_400}`, end: `${midnight}` },
    ])
  })

  test.each([
    [{ status: 400, body: 'Retention is not enabled' }, 'refused'],
    [{ status: 404 }, 'refused'],
    [{ status: 503 }, 'unavailable'],
    ['cut' as const, 'unavailable'],
  ])('that is answered with %j', async (answer, outcome) => {
    const { eraser } = await open(() => answer)
    expect(await eraser.remove('acme', [{ hash: 'a', atMs: nowMs - dayMs }])).toBe(outcome)
  })

  test('of a tenant whose name cannot be an organisation goes to nobody else’s', async () => {
    const { eraser, server } = await open(() => ({ status: 204 }), { tenants: 'each' })
    expect(await eraser.remove('a|b', [{ hash: 'a', atMs: nowMs - dayMs }])).toBe('refused')
    expect(server.requests).toEqual([])
  })
})
