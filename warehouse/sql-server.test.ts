import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectWarehouse } from './client.ts'
import { createServerRunner } from './sql-server.ts'

/*
 * No ClickHouse server runs here, and none could be made to ignore its limit for as long as a test wants: this one speaks what
 * the client needs of its protocol, never answers a query named `endless`, and lists it as running until told otherwise.
 */
let server: Server
let asked: { query: string; id: string; limit: string | null; readonly: string | null }[]
let listed: string[]
let clients: Awaited<ReturnType<typeof connectWarehouse>>[]
const limits = { timeoutMs: 50, memoryBytes: 1_000_000, rowsMax: 10 }

beforeEach(async () => {
  asked = []
  listed = []
  clients = []
  server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    const query = await textOf(request)
    const id = searchParams.get('query_id') ?? ''
    asked.push({ query, id, limit: searchParams.get('max_execution_time'), readonly: searchParams.get('readonly') })
    if (query.includes('endless')) return void listed.push(id)
    const wanted = searchParams.get('param_query_id') ?? ''
    const data = query.includes('system.processes') ? [[listed.includes(wanted) ? 1 : 0]] : [[7]]
    response.setHeader('X-ClickHouse-Query-Id', id)
    response.end(JSON.stringify({ meta: [{ name: 'n' }], data }))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  for (const client of clients) await client.close()
  await new Promise((resolve) => server.close(resolve))
})

async function aRunner() {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const location = { url, compression: 'none' } as const
  const [client, other] = await Promise.all([connectWarehouse({ location }), connectWarehouse({ location })])
  clients.push(client, other)
  return createServerRunner({ client, other, limits })
}

test('each request says its limits, and that it only reads', async () => {
  const runner = await aRunner()
  expect((await runner.run('SELECT 7')).data).toEqual([[7]])
  expect(asked).toMatchObject([{ limit: '0.05', readonly: '1' }])
})

test('a query that the server does not end is answered in time, and killed; no other begins before it has ended', async () => {
  const runner = await aRunner()
  await expect(runner.run('SELECT endless')).rejects.toThrow(/ran longer than 0.05 s \(sql.timeoutSeconds\)/)
  const [hostile, kill] = asked
  expect(hostile?.id).not.toBe('')
  expect(kill?.query).toMatch(/^KILL QUERY WHERE query_id = /)
  await expect(runner.run('SELECT 7')).rejects.toThrow(/has not ended on the server yet/)
  expect(asked.filter(({ query }) => query.includes('SELECT 7'))).toEqual([])
  listed = []
  expect((await runner.run('SELECT 7')).data).toEqual([[7]])
})

test('closing it ends what waits for an answer', async () => {
  const runner = await aRunner()
  const refused = expect(runner.run('SELECT endless')).rejects.toThrow('callscope is stopping')
  while (listed.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await runner.close()
  await refused
})
