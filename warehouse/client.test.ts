import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { isLasting } from '#contracts/clickhouse-errors.ts'
import { connectWarehouse, insertRows, rowsOf, run } from './client.ts'

type Reply = (request: IncomingMessage, response: ServerResponse, at: number) => unknown

const fine: Reply = (_request, response) => response.setHeader('X-ClickHouse-Query-Id', 'q').end('[1]\n')
const anError = (code: number, type: string, text = "value 'Anna +49 170'", status = 500): Reply => {
  return (_request, response) => {
    response.writeHead(status, { 'X-ClickHouse-Exception-Code': String(code) })
    response.end(`Code: ${code}. DB::Exception: ${text}. (${type}) (version 26.7.2.1 (official build))\n`)
  }
}

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Stands in for a ClickHouse server, or for what is between: it notes each request, and how many of one session overlap. */
async function aServer(reply: Reply = fine) {
  const seen = {
    sessions: [] as string[],
    urls: [] as URL[],
    overlapping: 0,
    sockets: new Set<unknown>(),
    heads: [] as object[],
  }
  const busy = new Set<string>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const session = url.searchParams.get('session_id') ?? ''
    seen.sessions.push(session)
    seen.urls.push(url)
    seen.heads.push(request.headers)
    seen.sockets.add(request.socket)
    if (busy.has(session)) seen.overlapping += 1
    busy.add(session)
    request.resume()
    await sleep(5)
    busy.delete(session)
    reply(request, response, seen.sessions.length)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { seen, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('on a server each connection has a session of its own, and does one thing at a time in it', async () => {
  const { seen, url } = await aServer()
  const both = [await connectWarehouse({ location: { url } }), await connectWarehouse({ location: { url } })]
  await Promise.all(both.flatMap((client) => [run(client, 'CREATE TEMPORARY TABLE t (n UInt8)'), run(client, 'A')]))
  await Promise.all(both.map((client) => rowsOf(client, 'SELECT 1').catch(() => [])))
  expect(seen.overlapping).toBe(0)
  expect(seen.sessions).toHaveLength(6)
  expect(new Set(seen.sessions).size).toBe(2)
  expect(seen.sessions).not.toContain('')
  expect(seen.sockets.size).toBe(2)
  await Promise.all(both.map((client) => client.close()))
})

test('a request says who asks and where, waits for its end, and carries no secret in its address', async () => {
  const { seen, url } = await aServer()
  const location = { url, username: 'ann', password: 'pl4nted', database: 'voice', cluster: 'main' } as const
  const client = await connectWarehouse({ location, requestTimeoutMs: 30_000 })
  await insertRows(client, 't', [{ n: 1 }])
  const settings = Object.fromEntries(seen.urls[0]?.searchParams ?? [])
  expect(settings).toMatchObject({
    ...{ database: 'voice', async_insert: '0', wait_end_of_query: '1', max_execution_time: '30' },
    ...{ insert_quorum: 'auto', insert_quorum_parallel: '0', select_sequential_consistency: '1' },
  })
  expect(seen.urls[0]?.href).not.toContain('pl4nted')
  expect(seen.heads[0]).toMatchObject({
    'content-encoding': 'zstd',
    authorization: `Basic ${Buffer.from('ann:pl4nted').toString('base64')}`,
  })
  await client.close()
})

const passing: Readonly<Record<string, readonly [Reply, RegExp]>> = {
  'cut connection': [(request) => request.socket.resetAndDestroy(), /ECONNRESET/],
  'closed connection': [(request) => request.socket.destroy(), /ECONNRESET/],
  'answer cut in the middle': [
    (_request, response) => {
      response.writeHead(200, { 'X-ClickHouse-Query-Id': 'q', 'content-length': '100' }).write('[1')
      setTimeout(() => response.destroy(), 20)
    },
    /ECONNRESET|aborted|terminated/,
  ],
  'gateway without a server': [
    (_request, response) => response.writeHead(502).end("<html>Bad Gateway 'Anna'</html>"),
    /not from a ClickHouse/,
  ],
  'gateway that says nothing': [(_request, response) => response.writeHead(504).end(), /not from a ClickHouse/],
  'page of somebody else': [
    (_request, response) => response.writeHead(200).end('<html>Welcome</html>'),
    /not from a ClickHouse/,
  ],
  'query that took too long': [anError(159, 'TIMEOUT_EXCEEDED', undefined, 408), /159 \(TIMEOUT_EXCEEDED\)/],
  'too many queries': [anError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES'), /202/],
  'network error between replicas': [anError(210, 'NETWORK_ERROR'), /210/],
  'lack of memory': [anError(241, 'MEMORY_LIMIT_EXCEEDED'), /241/],
  'table that is read-only for now': [anError(242, 'TABLE_IS_READ_ONLY'), /242/],
  'full disk': [anError(243, 'NOT_ENOUGH_SPACE'), /243/],
  'too many parts': [anError(252, 'TOO_MANY_PARTS'), /252/],
  'replica outside the quorum': [anError(289, 'REPLICA_IS_NOT_IN_QUORUM'), /289/],
  'too few replicas': [anError(285, 'TOO_FEW_LIVE_REPLICAS'), /285/],
  'insert whose end is unknown': [anError(319, 'UNKNOWN_STATUS_OF_INSERT'), /319/],
  'locked session': [anError(373, 'SESSION_IS_LOCKED'), /373/],
  'wrong password': [anError(516, 'AUTHENTICATION_FAILED', undefined, 403), /516/],
  'table not made yet': [anError(60, 'UNKNOWN_TABLE', undefined, 404), /60/],
  'Keeper that is away': [anError(999, 'KEEPER_EXCEPTION'), /999/],
}

describe('what the way to a server can do', () => {
  test.each(Object.entries(passing))('a %s may pass, and quotes nothing', async (_name, [reply, words]) => {
    const { url } = await aServer(reply)
    const client = await connectWarehouse({ location: { url } })
    for (const attempt of [
      () => insertRows(client, 't', [{ n: 1 }]),
      () => rowsOf(client, 'SELECT 1'),
      () => run(client, 'OPTIMIZE'),
    ]) {
      const error = await attempt().catch((thrown: Error) => thrown)
      expect(String(error)).toMatch(words)
      expect(isLasting(error)).toBe(false)
      expect(String(error)).not.toContain('Anna')
    }
    await client.close()
  })

  test.each([
    [27, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED'],
    [117, 'INCORRECT_DATA'],
    [349, 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN'],
  ])('error %i lasts, and quotes nothing', async (code, type) => {
    const { url } = await aServer(anError(code, type, undefined, 400))
    const client = await connectWarehouse({ location: { url } })
    const error = await insertRows(client, 't', [{ n: 1 }]).catch((thrown: Error) => thrown)
    expect(isLasting(error)).toBe(true)
    expect(String(error)).toBe(`LastingError: ClickHouse error ${code} (${type})`)
    await client.close()
  })

  test('nobody there, and nobody who answers, may pass', async () => {
    const { url, server } = await aServer(() => undefined)
    const client = await connectWarehouse({ location: { url }, requestTimeoutMs: 100 })
    await expect(run(client, 'A')).rejects.toThrow('Timeout')
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    const error = await run(client, 'A').catch((thrown: Error) => thrown)
    expect(String(error)).toContain('ECONNREFUSED: nobody answers there')
    expect(isLasting(error)).toBe(false)
    await client.close()
  })

  test('a request without an answer may hold its session still, so the next one has another', async () => {
    const { seen, url } = await aServer((request, response, at) =>
      at === 2
        ? request.socket.destroy()
        : at === 4
          ? anError(241, 'MEMORY')(request, response, at)
          : fine(request, response, at),
    )
    const client = await connectWarehouse({ location: { url } })
    for (let at = 1; at <= 5; at += 1) await run(client, 'A').catch(() => undefined)
    const [first, second, third, fourth, fifth] = seen.sessions
    expect(first).toBe(second)
    expect(third).not.toBe(second)
    expect([fourth, fifth]).toEqual([third, third])
    await client.close()
  })
})

test('where several write into a table of a cluster, each waits for its turn instead of failing', async () => {
  const busy = anError(286, 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE')
  const { seen, url } = await aServer((request, response, at) => (at % 3 === 0 ? fine : busy)(request, response, at))
  const client = await connectWarehouse({ location: { url } })
  await run(client, 'INSERT INTO t SELECT 1')
  await insertRows(client, 't', [{ n: 1 }])
  expect(seen.sessions).toHaveLength(6)
  await client.close()
})
