import { join } from 'node:path'
import { Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { ErasureEntry, ErasureReport } from '#collectors/http/ports.ts'
import type { CallRecord } from '#contracts/call-record.ts'
import type { WorkerProcess } from './faults/worker-process.ts'
import { callscope } from './flow/callscope.ts'
import { type FlowInstall, openFlowInstall } from './flow/install.ts'
import type { Sight } from './looked.ts'
import { ownDatabase, ownName } from './names.ts'
import { temporaryFolder } from './servers/guard.ts'
import { startLoki } from './servers/loki.ts'
import type { StackServer } from './servers/server.ts'
import { repositoryFile } from './servers/server.ts'

const stack = inject('stack')
const patient = { timeout: 60_000, interval: 500 }
let install: FlowInstall
let loki: StackServer
let sight: Sight
let worker: WorkerProcess

beforeAll(async () => {
  loki = await startLoki({ folder: await temporaryFolder('callscope-flow-') })
  const canary = { withinSeconds: 60, calls: 3 }
  install = await openFlowInstall(stack, {
    ...{ loki: { url: loki.address }, canary, tenants: [{ id: 'acme' }], defaultTenant: 'acme' },
    archive: { url: `file://${await temporaryFolder('callscope-flow-archive-')}`, flushSeconds: 2 },
  })
  await install.ask('topics', 'create')
  await install.ask('migrate')
  sight = await install.look()
  worker = install.startWorker()
  await worker.ready()
})
afterAll(async () => {
  await install.close()
  await loki.stop()
})

interface Checked {
  readonly checks: readonly { readonly what: string; readonly ok: boolean; readonly found: string }[]
}

/** What doctor says is not well, of the install as it is or with other settings. */
async function unwell(config = install.config): Promise<readonly string[]> {
  const { exit, out } = await callscope(['doctor', '--json', '--config', config])
  const failed = (JSON.parse(out) as Checked).checks.filter(({ ok }) => !ok)
  expect(exit).toBe(failed.length === 0 ? 0 : 1)
  return failed.map(({ what, found }) => `${what}: ${found}`)
}

describe('doctor', () => {
  test('finds all well once there is a key, and before that says how to make one', async () => {
    expect(await unwell()).toEqual([expect.stringMatching(/API keys: .*callscope keys create/)])
    const { key } = await install.ask<{ key: string }>('keys', 'create', '--tenant', 'acme', '--role', 'ingest')
    expect(key.length).toBeGreaterThan(20)
    expect((await install.ask<{ keys: unknown[] }>('keys', 'list')).keys).toHaveLength(1)
    expect(await unwell()).toEqual([])
  })

  test('says of each thing that is broken what to do about it', async () => {
    const clickhouse = install.settings.clickhouse as object
    const other = await ownDatabase(stack.postgres)
    const wrong = new URL(install.databaseUrl)
    wrong.password = 'not-it'
    const cases = [
      [{ clickhouse: { ...clickhouse, database: ownName('none') } }, /ClickHouse: .*callscope migrate/],
      [{ clickhouse: { ...clickhouse, url: 'http://127.0.0.1:9' } }, /ClickHouse: .*clickhouse\.url/],
      [{ postgres: { url: wrong.href } }, /PostgreSQL: .*password/],
      [{ postgres: { url: other.url } }, /registry tables: .*callscope migrate/],
      [{ loki: { url: 'http://127.0.0.1:9' } }, /Loki: .*loki\.url/],
      [{ kafka: { brokers: ['127.0.0.1:9'] } }, /Kafka: .*kafka\.brokers/],
      [{ canary: { prometheusUrl: 'http://127.0.0.1:9' } }, /Prometheus: .*canary\.prometheusUrl/],
      [{ archive: { url: `file://${install.config}/no-folder` } }, /archive: .*archive\.url/],
    ] as const
    // One after another: what a machine that is busy with all of them does not answer in time would be told, too.
    for (const [sections, told] of cases)
      expect(await unwell(await install.configWith(sections))).toEqual([expect.stringMatching(told)])
    await other.drop()
    // Eight looks at everything, each a process of its own.
  }, 240_000)
})

interface Listed {
  readonly calls: readonly { readonly id: string }[]
}

describe('commands on shared stores', () => {
  test('replay, import, call, calls, sql and runs', async () => {
    const file = join(install.folder, 'some.jsonl')
    await callscope(['simulate', '--seed', '3', '--calls', '4', '--out', file])
    await install.ask('replay', file, '--add-tenant', 'globex', 'initech')
    const dump = repositoryFile('tests/fixtures/jitsi-rtcstats-server/dumps/google-standard-stats-p2p.jsonl')
    expect(await install.callscope('import', dump, '--json')).toMatchObject({ exit: 0 })
    await install.drained()
    const { calls } = await install.ask<Listed>('calls', '--limit', '100')
    expect(calls.length).toBeGreaterThanOrEqual(5)
    const id = calls[0]?.id ?? ''
    expect(JSON.stringify(await install.ask('call', id))).toContain(id)
    const answer = await install.ask<{ rows: unknown[] }>('sql', 'SELECT count() FROM calls FINAL WHERE is_deleted = 0')
    expect(JSON.stringify(answer)).toContain(String(calls.length))
    expect(JSON.stringify(await install.ask('runs'))).toMatch(/replay.*import|import.*replay/)
    expect(await install.callscope('call', 'nobody-knows')).toMatchObject({ exit: 3 })
  })

  test('dead-letters list, show and replay', async () => {
    await sight.log.append([{ topic: 'call-events', key: null, value: 'no event' }])
    await expect
      .poll(async () => JSON.stringify(await install.ask('dead-letters', 'list')), patient)
      .toMatch(/malformed/)
    const { letters } = await install.ask<{ letters: { id: string }[] }>('dead-letters', 'list')
    const id = letters[0]?.id ?? ''
    expect(JSON.stringify(await install.ask('dead-letters', 'show', id))).toContain('call-events')
    expect(await install.callscope('dead-letters', 'replay', id)).toMatchObject({ exit: 0 })
  })

  test('profiles, links, erase and archive ls', async () => {
    await install.ask('profiles', 'list', '--tenant', 'acme')
    const { calls } = await install.ask<Listed>('calls', '--tenant', 'acme', '--limit', '1')
    const id = calls[0]?.id ?? ''
    await install.ask('links', 'list', id, '--tenant', 'acme')
    await expect.poll(async () => JSON.stringify(await install.ask('archive', 'ls')), patient).toMatch(/call-events/)
    const { stores } = await install.ask<ErasureReport>('erase', '--tenant', 'acme', '--call', id)
    expect(stores.map(({ store, state }) => `${store} ${state}`)).toEqual([
      ...['warehouse done', expect.stringMatching(/^logs (done|expires)$/), expect.stringMatching(/^dead_letters /)],
      ...['archive done', 'log expires'],
    ])
    // Seven days, as "topics create" has made them.
    expect(stores.at(-1)?.goneByMs).toBeGreaterThan(Date.now() + 6 * 86_400_000)
    const { erasures } = await install.ask<{ erasures: ErasureEntry[] }>('erasures', '--tenant', 'acme')
    expect(erasures).toMatchObject([{ subjects: [id], stores: stores.map(({ store }) => ({ store })) }])
    expect(await install.callscope('archive', 'verify')).toMatchObject({ exit: 0 })
  })
})

describe('canary', () => {
  interface Report {
    readonly findings: readonly { readonly store: string; readonly missing: number; readonly duplicate: number }[]
  }
  const once = async (config = install.config): Promise<{ exit: number | null; report: Report }> => {
    const { exit, out, err } = await install.callscope('canary', '--once', '--json', '--config', config)
    expect(out, err).not.toBe('')
    return { exit, report: JSON.parse(out) as Report }
  }

  test('finds all that it sent in every store', async () => {
    const { exit, report } = await once()
    expect(report.findings.filter(({ missing, duplicate }) => missing + duplicate > 0)).toEqual([])
    expect(exit).toBe(0)
  })

  test('says that lines are missing while Loki is stopped, and of nothing else', async () => {
    await loki.stop()
    // All of it is waited out: lines that are not there might still come.
    const { exit, report } = await once(await install.configWith({ canary: { withinSeconds: 25, calls: 3 } }))
    await loki.start()
    expect(exit).toBe(1)
    expect(report.findings.filter(({ missing }) => missing > 0).map(({ store }) => store)).toEqual(['logs'])
  })
})

describe('serve', () => {
  test('shows the page, takes an event with a key, and its call appears', async () => {
    const serve = install.startWorker({ command: ['serve'] })
    const url = await serve.url
    await serve.ready()
    expect(await (await fetch(url)).text()).toMatch(/<html|<!doctype html/i)
    const keyOf = async (role: string): Promise<Record<string, string>> => {
      const { key } = await install.ask<{ key: string }>('keys', 'create', '--tenant', 'acme', '--role', role)
      return { authorization: `Bearer ${key}` }
    }
    const [ingest, reader] = [await keyOf('ingest'), await keyOf('reader')]
    const live = await fetch(`${url}/api/calls/live`, { headers: reader })
    const told = live.body?.pipeThrough(new TextDecoderStream()).getReader()
    const id = ownName('call')
    const event = (n: number, type: string, data: object) => ({
      ...{ specversion: '1.0', id: `${id}-${n}`, source: '/pbx', type, time: new Date().toISOString() },
      ...{ correlationid: id, data },
    })
    const taken = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { ...ingest, 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify([
        event(1, 'call.started', { from: 'a', to: 'b' }),
        event(2, 'call.ended', { sip_code: 200 }),
      ]),
    })
    expect(taken.status).toBe(202)
    const seen = async (): Promise<string> => (await fetch(`${url}/api/calls/${id}`, { headers: reader })).text()
    await expect.poll(async () => (JSON.parse(await seen()) as { record?: CallRecord }).record?.id, patient).toBe(id)
    let text = ''
    while (!text.includes(id)) text += (await told?.read())?.value ?? ''
    await told?.cancel()
    expect((await fetch(`${url}/api/calls`)).status).toBe(401)
    expect(await serve.stop()).toBe(0)
  })
})

test('doctor names a topic that is missing, and what makes it', async () => {
  await worker.stop()
  const admin = new Kafka({ brokers: [install.kafka.address], logLevel: 1 }).admin()
  await admin.connect()
  await admin.deleteTopics({ topics: ['audit-events'] })
  await admin.disconnect()
  expect(await unwell()).toEqual([expect.stringMatching(/topic audit-events: .*topics create/)])
})
