import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aConfig, aLine } from '#sinks/loki/lines-for-tests.ts'
import { createLokiEraser } from '#sinks/loki/loki-eraser.ts'
import { createLokiSink } from '#sinks/loki/loki-sink.ts'
import { createLokiTelemetry } from '#sinks/loki/loki-telemetry.ts'
import { noObserver } from '#sinks/shared/observer.ts'
import { temporaryFolder } from './servers/guard.ts'
import { startLoki } from './servers/loki.ts'
import type { StackServer } from './servers/server.ts'

let server: StackServer
let folder: string
beforeAll(async () => {
  folder = await temporaryFolder('callscope-loki-')
  server = await startLoki({
    folder,
    env: { LOKI_DELETE_CANCEL_PERIOD: '1s', LOKI_COMPACTION_INTERVAL: '10s' },
  })
}, 90_000)
afterAll(() => server?.stop())

const startMs = Date.now() - 120_000
const atMs = (n: number): string => {
  const ms = startMs + n
  return `${Math.floor(ms / 1_000)}.${String((ms % 1_000) * 1_000_000).padStart(9, '0')}`
}
const hashOf = (n: number): string => String(n).padStart(32, '0')

interface Said {
  readonly call: string
  readonly body: string
  readonly attributes?: Readonly<Record<string, string>>
}
const lines: readonly Said[] = [
  { call: 'hers', body: 'INVITE' },
  { call: 'hers', body: 'busy', attributes: { caller: '+49 (30) 444-33.22' } },
  { call: 'his', body: 'INVITE 030 444 33 22 now' },
  { call: 'his', body: 'INVITE 030 444 33 23 now' },
]

const config = () => aConfig(server.address, { tenants: 'each' })

/** The compactor deletes from what ingesters have written away, for which the cancel period leaves them time. Here it is a second. */
async function writtenAway(): Promise<void> {
  const flushed = await fetch(`${server.address}/ingester/shutdown?flush=true&terminate=false`, { method: 'POST' })
  expect(flushed.status).toBeLessThan(300)
  await server.stop()
  await rm(join(folder, 'loki', 'wal'), { recursive: true })
  await server.start()
}

test('lines are found by call and by what stands in them or beside them, and are deleted by their hash', async () => {
  const sink = createLokiSink({ config: config(), observer: noObserver, clock: Date.now, random: Math.random })
  for (const tenant of ['acme', 'globex']) {
    const rows = lines.map(({ call, body, attributes = {} }, n) =>
      aLine({
        ...{ Tenant: tenant, CorrelationId: call, Timestamp: atMs(n), Body: body, Hash: hashOf(n) },
        LogAttributes: attributes,
      }),
    )
    expect(await sink.deliver(rows, new AbortController().signal)).toEqual({ type: 'delivered' })
  }
  await writtenAway()
  const eraser = createLokiEraser({ config: config(), clock: Date.now })
  const everything = () => true
  const found = async (ids: readonly string[], texts: readonly string[]) => {
    const answer = await eraser.find({ tenant: 'acme', ids, texts }, everything)
    return answer.state === 'ok' ? answer.lines.map(({ hash }) => Number(hash)).sort() : answer.why
  }
  expect(await found(['hers'], [])).toEqual([0, 1])
  expect(await found([], ['4443322'])).toEqual([1, 2])
  expect(await found(['hers'], ['4443322'])).toEqual([0, 1, 2])
  const bodies: string[] = []
  const named = await eraser.find({ tenant: 'acme', ids: ['hers'], texts: ['4443322'] }, ({ body, attributes }) => {
    bodies.push(body)
    return JSON.stringify([body, attributes]).includes('33')
  })
  // What is looked at is the line as it was, whichever way it was found.
  expect(new Set(bodies)).toEqual(new Set(['INVITE', 'busy', 'INVITE 030 444 33 22 now']))
  if (named.state !== 'ok') throw new Error(named.why)
  expect(named.lines.map(({ hash }) => Number(hash)).sort()).toEqual([1, 2])
  expect(await eraser.remove('acme', named.lines)).toBe('asked')
  const { logs } = createLokiTelemetry({ config: config() })
  const shown = async (tenant: string) => {
    const scope = { tenant, ids: ['hers', 'his'], traceIds: [], fromMs: startMs - 1_000, toMs: Date.now() }
    return (await logs(scope)).rows.map(({ body }) => body)
  }
  const requests = async () =>
    (await fetch(`${server.address}/loki/api/v1/delete`, { headers: { 'x-scope-orgid': 'acme' } })).text()
  expect(await requests()).not.toContain('444')
  // A minute after the cancel period at the earliest.
  await expect.poll(requests, { timeout: 240_000, interval: 1_000 }).toContain('"processed"')
  // Readers look for a new index, and for requests to leave out, every five minutes, and when they start.
  await server.stop()
  await server.start()
  await expect.poll(() => shown('acme'), { timeout: 60_000 }).toEqual(['INVITE', 'INVITE 030 444 33 23 now'])
  expect(await shown('globex')).toHaveLength(4)
  eraser.close()
}, 300_000)
