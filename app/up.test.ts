import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aFolder, run } from './cli-for-tests.ts'

const folder = aFolder()
const here = ['--data-dir', folder]
let child: ChildProcess
let url: string
let administrator: Record<string, string>

async function start(): Promise<void> {
  child = spawn(
    join(import.meta.dirname, '../node_modules/.bin/node'),
    [join(import.meta.dirname, 'callscope.ts'), 'up', '--port', '0', '--json', ...here],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CALLSCOPE_LOG_LEVEL: 'error' } },
  )
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const told = JSON.parse(said.toString()) as { url: string; tokenFile: string }
  url = told.url
  administrator = { authorization: `Bearer ${readFileSync(told.tokenFile, 'utf8').trim()}` }
}
beforeAll(start)
afterAll(() => void child.kill('SIGKILL'))

const json = async (...args: string[]) => {
  const { exit, out } = await run(...args, ...here, '--json')
  return { exit, value: JSON.parse(out) }
}

const event = (id: string, type: string, time: string) => ({
  specversion: '1.0',
  id,
  source: '/test',
  type,
  time,
  correlationid: 'call-up-1',
  data: {},
})

async function waitForCall(): Promise<unknown> {
  for (let tries = 0; tries < 60; tries++) {
    const { exit, value } = await json('call', 'call-up-1')
    if (exit === 0 && value.record.endedMs !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('the call did not appear')
}

async function linksByHand() {
  const pair = ['call-up-1', 'call-up-2']
  expect(await json('links', 'join', 'call-up-1', 'never-cut')).toMatchObject({
    exit: 4,
    value: { error: expect.stringMatching(/^a, b: .*not cut by hand/) },
  })
  expect((await json('links', 'cut', 'call-up-1', 'call-up-1')).exit).toBe(2)
  expect((await json('links', 'cut', ...pair, '--tenant', 'nobody')).exit).toBe(4)
  expect(await json('links', 'cut', ...pair)).toMatchObject({
    exit: 0,
    value: { wereOne: false, announced: 2, calls: [{}, {}] },
  })
  const [a, b] = pair
  expect((await json('links', 'list', 'call-up-1')).value).toMatchObject({
    calls: [{ id: 'call-up-1', members: ['call-up-1'] }],
  })
  expect((await json('links', 'list', 'call-up-1')).value.cuts.at(-1)).toMatchObject({ a, b, action: 'cut' })
  expect((await run('links', 'list', 'call-up-1', ...here)).out).toMatch(/call call-up-1: call-up-1[\s\S]*cut/)
  expect((await json('links', 'join', ...pair)).exit).toBe(0)
  expect((await json('links', 'list', 'call-up-1')).value.cuts.at(-1)).toMatchObject({ action: 'join' })
}

test('what is sent over HTTP is soon a call, which commands reach through the running process', async () => {
  const at = (agoMs: number) => new Date(Date.now() - agoMs).toISOString()
  const events = [
    event('1', 'call.started', at(60_000)),
    event('2', 'call.answered', at(50_000)),
    event('3', 'call.ended', at(5_000)),
  ]
  const answer = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { ...administrator, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  })
  expect(answer.status).toBe(202)
  expect(await waitForCall()).toMatchObject({
    record: {
      tenant: 'default',
      disposition: 'answered',
      events: [{ type: 'call.started' }, { type: 'call.answered' }, { type: 'call.ended' }],
    },
  })
  expect((await json('calls')).value.calls).toMatchObject([{ id: 'call-up-1' }])
  expect((await run('call', 'call-up-1', ...here)).out).toMatch(/Call call-up-1[\s\S]*Timeline[\s\S]*call\.answered/)
  expect((await json('call', 'nobody')).exit).toBe(3)
})

test('a second process on the folder is told who has it', async () => {
  expect(await run('up', '--port', '0', ...here)).toMatchObject({
    exit: 5,
    err: expect.stringMatching(/in use by callscope up \(process \d+\), which listens on/),
  })
})

test('sql, keys and replay go through the running process; a hostile query is refused there', async () => {
  expect((await json('sql', 'SELECT count() FROM call_events')).value.rows).toEqual([[3]])
  expect(await json('sql', "SELECT * FROM file('/etc/passwd')")).toMatchObject({
    exit: 4,
    value: { error: expect.stringMatching(/not allowed/) },
  })
  expect((await json('keys', 'create', '--tenant', 'nobody')).exit).toBe(3)
  const { value } = await json('keys', 'create', '--tenant', 'default', '--role', 'reader')
  expect((await fetch(`${url}/api/calls`, { headers: { authorization: `Bearer ${value.key}` } })).status).toBe(200)
  const figures = async (headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).text()
  const [own, all] = [await figures({ authorization: `Bearer ${value.key}` }), await figures(administrator)]
  expect(all).toMatch(/^callscope_pipeline_records_total\{/m)
  const labelled = [...own.matchAll(/^[a-z_]+(.*) \S+$/gm)].map(([, labels = '']) => labels)
  expect(labelled.filter((labels) => !labels.includes('tenant="default"'))).toEqual([])
  expect((await fetch(`${url}/metrics`)).status).toBe(401)
  expect((await fetch(`${url}/api/runs`, { headers: { authorization: `Bearer ${value.key}` } })).status).toBe(403)
})

/** What nginx makes of the shortest configuration there is: HTTP/1.0, `Connection: close`, the Host of its target, and no word of whom it is for. */
async function throughSilentProxy(path: string, body?: string): Promise<number> {
  const { host, port } = new URL(url)
  const proxy = createServer((stranger) => {
    const upstream = connect(Number(port), '127.0.0.1')
    stranger.once('data', (request: Buffer) => {
      const [head = '', payload = ''] = request.toString().split('\r\n\r\n')
      const [line = ''] = head.split('\r\n')
      const more = payload === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${payload.length}\r\n`
      const asked = line.replace('HTTP/1.1', 'HTTP/1.0')
      upstream.write(`${asked}\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n${payload}`)
    })
    upstream.pipe(stranger)
    upstream.on('error', () => stranger.destroy())
    stranger.on('error', () => upstream.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  try {
    const socket = connect((proxy.address() as { port: number }).port, '127.0.0.1')
    socket.write(`${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: calls.example\r\n\r\n${body ?? ''}`)
    let text = ''
    for await (const chunk of socket.setEncoding('utf8')) text += chunk
    return Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1])
  } finally {
    proxy.close()
  }
}

test('a proxy on this machine that says nothing of strangers lets none of them in', async () => {
  expect(await throughSilentProxy('/health/live')).toBe(200)
  for (const path of ['/api/calls', '/metrics', '/api/session', '/api/calls/call-up-1'])
    expect([path, await throughSilentProxy(path)]).toEqual([path, 401])
  const body = JSON.stringify(event('9', 'call.started', new Date().toISOString()))
  expect(await throughSilentProxy('/v1/events', body)).toBe(401)
})

test('the address of the page carries the token where no server sees it, and only while something runs', async () => {
  const { exit, value } = await json('open')
  expect(exit).toBe(0)
  const { origin, hash, search } = new URL(value.url)
  expect([origin, search]).toEqual([url, ''])
  const token = decodeURIComponent(hash.replace('#token=', ''))
  const session = await fetch(`${url}/api/session`, { headers: { authorization: `Bearer ${token}` } })
  expect(await session.json()).toMatchObject({ role: 'administrator', mayImport: true, demo: false })
  expect(await run('open', '--data-dir', aFolder())).toMatchObject({
    exit: 3,
    err: expect.stringMatching(/nothing runs/),
  })
})

test('a tenant is judged by another profile: listed, shown, changed and set through the running process', async () => {
  expect((await json('profiles', 'list')).value.profiles).toEqual([
    { version: 'default-1', validFromMs: 0, current: true },
  ])
  const shown = await json('profiles', 'show', 'teams-cqd-1')
  const file = join(folder, 'profile.json')
  writeFileSync(file, JSON.stringify({ ...shown.value, version: 'acme-1', badStretchMs: -1 }))
  expect(await run('profiles', 'set', '--file', file, ...here)).toMatchObject({
    exit: 4,
    err: expect.stringMatching(/badStretchMs: .*expected number to be >=1/),
  })
  writeFileSync(file, JSON.stringify({ ...shown.value, badStretchMs: 1 }))
  expect(await json('profiles', 'set', '--file', file)).toMatchObject({
    exit: 4,
    value: { error: expect.stringMatching(/version: "teams-cqd-1" comes with the program/) },
  })
  writeFileSync(file, JSON.stringify({ ...shown.value, version: 'acme-1' }))
  const set = ['profiles', 'set', '--file', file, '--valid-from', '2026-01-01T00:00:00Z']
  expect((await json(...set, '--tenant', 'nobody')).exit).toBe(4)
  expect((await json(...set)).value).toMatchObject({ version: 'acme-1', calls: 1 })
  expect((await json('profiles', 'list')).value.profiles).toMatchObject([{}, { version: 'acme-1', current: true }])
  await expect
    .poll(async () => (await json('call', 'call-up-1')).value.record.profileVersion, { timeout: 10_000 })
    .toBe('acme-1')
  expect((await json('profiles', 'show', 'nothing')).exit).toBe(3)
})

test('two ids are cut apart by hand and joined again, through the running process and without it', linksByHand)

test('SIGTERM ends it with exit code 0, and what was stored is there without it', async () => {
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect((await json('calls')).value.calls).toMatchObject([{ id: 'call-up-1' }])
  expect((await json('sql', 'SELECT count() FROM call_events')).value.rows).toEqual([[3]])
  expect((await json('dead-letters', 'list')).value).toMatchObject({ letters: [] })
})

test('the same on a folder that nobody owns', linksByHand)

test('import and replay work on a folder that nobody owns, and wait for the call records', async () => {
  const lines = join(folder, 'lines.jsonl')
  await run('simulate', '--calls', '3', '--seed', '9', '--start', '30m', '--no-faults', '--out', lines)
  const replayed = await json('replay', lines, '--add-tenant', 'acme', 'globex', 'initech')
  expect(replayed.exit).toBe(0)
  expect((await json('runs')).value.runs).toMatchObject([
    { kind: 'replay', status: 'succeeded' },
    { kind: 'recompute' },
  ])
  expect((await json('calls')).value.calls.length).toBeGreaterThanOrEqual(4)
})
