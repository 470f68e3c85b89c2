import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aheadBelievedAfterMs } from '#app/clock/trusted-clock.ts'
import { loadConfig } from '#app/config.ts'
import { claimDataFolder } from '#app/data-folder.ts'
import { createLogger } from '#app/logger.ts'
import { type Running, startServices } from '#app/services.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import { messagesOf } from '#tests/builders.ts'
import { waitFor } from '#tests/wait-for.ts'

/*
 * A whole install, with HTTP, on a machine whose clock is set by the test. Time itself passes as it does.
 */

const dayMs = 86_400_000

let path = ''
/** What the machine's clock is off by; time in which the machine stood still, and time in which it ran, beside that of the test. */
let offMs = 0
let pausedMs = 0
let livedMs = 0
let running: Running | undefined
let release = (): void => undefined

async function start(): Promise<void> {
  const claim = claimDataFolder(path, 'test')
  if (claim.type === 'busy') throw new Error('the folder is in use')
  release = claim.folder.release
  running = await startServices({
    config: loadConfig({ env: {}, options: { dataDir: path, port: 0, durability: 'process', trustLoopback: true } }),
    folder: claim.folder,
    clock: () => Date.now() + pausedMs + livedMs + offMs,
    steady: () => performance.timeOrigin + performance.now() + livedMs,
    logger: createLogger('error'),
    demo: undefined,
  })
}

async function stop(): Promise<void> {
  await running?.stop()
  running = undefined
  release()
}

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'callscope-clock-'))
  offMs = 0
  pausedMs = 0
  livedMs = 0
  await start()
})
afterEach(async () => {
  await stop()
  await rm(path, { recursive: true, force: true })
})

const { event, sample } = messagesOf('default')
const ask = (route: string, options: RequestInit = {}) => fetch(`${running?.url}${route}`, options)

const send = async (...messages: readonly ReturnType<typeof event>[]): Promise<number> =>
  (
    await ask('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: `[${messages.map(({ value }) => value).join(',')}]`,
    })
  ).status

const ready = async () => {
  const answer = await ask('/health/ready')
  const { checks } = (await answer.json()) as { readonly checks: Readonly<Record<string, string>> }
  return [answer.status, checks.clock]
}

async function ahead(): Promise<number> {
  const token = await readFile(running?.tokenFile ?? '', 'utf8')
  const metrics = await (await ask('/metrics', { headers: { authorization: `Bearer ${token.trim()}` } })).text()
  return Number(/^callscope_pipeline_clock_ahead_seconds\{clock="machine"\} (\S+)$/m.exec(metrics)?.[1])
}

async function record(id: string): Promise<CallRecord | undefined> {
  const answer = await ask(`/api/calls/${id}`)
  return answer.ok ? ((await answer.json()) as { readonly record: CallRecord }).record : undefined
}

const begin = (id: string) => [
  event(id, 'call.started', Date.now() - 30_000),
  event(id, 'call.answered', Date.now() - 29_000),
]
const measured = (call: CallRecord | undefined) => call?.streams.reduce((sum, of) => sum + of.measuredMs, 0) ?? 0
const isMeasured = (ms: number) => (call: CallRecord | undefined) => call?.state === 'open' && measured(call) >= ms

test.each([
  ['a day ahead', dayMs],
  ['a year ahead', 365 * dayMs],
  ['a day back', -dayMs],
])(
  'a clock that jumps %s, a restart in the middle: calls go on as they are, and it is told of until it is right again',
  async (_, byMs) => {
    expect(await send(...begin('a'), sample('a', Date.now() - 20_000))).toBe(202)
    await waitFor(() => record('a'), isMeasured(5_000))
    expect(await ready()).toEqual([200, 'ok'])

    offMs = byMs
    // What producers with the right time send is taken, and so is nothing by the wrong one; what it would take is to be sent again.
    expect(await send(sample('a', Date.now() - 15_000))).toBe(202)
    expect(await send(event('other', 'call.started', Date.now() + byMs))).toBe(byMs === -dayMs ? 202 : 503)
    expect(await ready()).toEqual([503, expect.stringContaining(`jumped ${Math.abs(byMs) / 1_000} s`)])
    expect(await ahead()).toBeCloseTo(byMs / 1_000, 0)
    await waitFor(() => record('a'), isMeasured(10_000))

    if (byMs > 0) {
      await stop()
      await start()
      expect(await ready()).toEqual([503, expect.stringContaining('jumped')])
      expect(await send(sample('a', Date.now() - 10_000))).toBe(202)
      await waitFor(() => record('a'), isMeasured(15_000))
    }

    offMs = 0
    expect(await ready()).toEqual([200, 'ok'])
    expect(await ahead()).toBe(0)
    expect(await send(sample('a', Date.now() - 5_000))).toBe(202)
    await waitFor(() => record('a'), isMeasured(byMs > 0 ? 20_000 : 15_000))
  },
)

test('a machine that was paused for three days: what comes by its right time is to be sent again until that is believed', async () => {
  expect(await send(...begin('before'), sample('before', Date.now() - 20_000))).toBe(202)
  await waitFor(() => record('before'), isMeasured(5_000))
  pausedMs = 3 * dayMs
  const after = () => event('after', 'call.started', Date.now() + pausedMs + livedMs)
  expect(await send(after())).toBe(503)
  expect((await ready())[0]).toBe(503)
  livedMs = aheadBelievedAfterMs + 60_000
  expect(await ready()).toEqual([200, 'ok'])
  expect(await send(after())).toBe(202)
  await waitFor(
    () => record('after'),
    (call) => call?.state === 'open',
  )
})
