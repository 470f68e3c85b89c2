import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { connectWarehouse, rowsOf, run } from './client.ts'

/** Stands in for a ClickHouse server: it notes the session of each request, and how many of one session overlap. */
async function aServer() {
  const seen = { sessions: [] as string[], overlapping: 0 }
  const busy = new Set<string>()
  const server = createServer(async (request, response) => {
    const session = new URL(request.url ?? '', 'http://x').searchParams.get('session_id') ?? ''
    seen.sessions.push(session)
    if (busy.has(session)) seen.overlapping += 1
    busy.add(session)
    request.resume()
    await sleep(20)
    busy.delete(session)
    response.end('{"data": [[1]]}\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { seen, url, close: () => new Promise((resolve) => server.close(resolve)) }
}

test('on a server each connection has a session of its own, and does one thing at a time in it', async () => {
  const { seen, url, close } = await aServer()
  const one = await connectWarehouse({ location: { url } })
  const other = await connectWarehouse({ location: { url } })
  const both = [one, other]
  await Promise.all(both.flatMap((client) => [run(client, 'CREATE TEMPORARY TABLE t (n UInt8)'), run(client, 'A')]))
  await Promise.all(both.map((client) => rowsOf(client, 'SELECT 1').catch(() => [])))
  expect(seen.overlapping).toBe(0)
  expect(seen.sessions).toHaveLength(6)
  expect(new Set(seen.sessions).size).toBe(2)
  expect(seen.sessions).not.toContain('')
  await Promise.all(both.map((client) => client.close()))
  await close()
})
