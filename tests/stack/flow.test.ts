import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from 'kafkajs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { readPages, type TrafficFile, writeTraffic } from '#tests/faults/traffic-file.ts'
import { verify } from '#tests/faults/verify.ts'
import { countLokiLines } from './faults/loki-lines.ts'
import { type OtlpReceiver, startOtlpReceiver } from './faults/otlp-receiver.ts'
import type { WorkerProcess } from './faults/worker-process.ts'
import { type FlowInstall, openFlowInstall } from './flow/install.ts'
import { type Watching, watchedBy } from './flow/prometheus.ts'
import type { Sight } from './looked.ts'
import { ownName } from './names.ts'

/*
 * One install, as an operator has it, from its first command on. The tests build on each other: what came in with the first
 * is still there, once, after the last.
 */

const stack = inject('stack')
const org = ownName('flow')
let install: FlowInstall
let otlp: OtlpReceiver
let sight: Sight
let traffic: TrafficFile
let watching: Watching | undefined
const workers: WorkerProcess[] = []

const messages = 3_000
const agoMs = 12 * 3_600_000
const aDayMs = 86_400_000
const patient = { timeout: 90_000, interval: 500 }

beforeAll(async () => {
  otlp = await startOtlpReceiver()
  install = await openFlowInstall(stack, { loki: { url: stack.loki, tenantId: org }, tempo: { url: otlp.url } })
  traffic = await writeTraffic({
    ...{ path: join(install.folder, 'messages.jsonl'), seed: 5, messages, startMs: Date.now() - agoMs },
  })
  watching = watchedBy(stack, 'flow')
})
afterAll(async () => {
  await watching?.close()
  await install.close()
  await otlp.close()
})

async function replaceWorkers(count: number): Promise<void> {
  workers.push(...Array.from({ length: count }, () => install.startWorker()))
  await Promise.all(workers.map((worker) => worker.ready()))
  await watching?.scrape(await Promise.all(workers.map(({ url }) => url)))
}

async function everything(): Promise<readonly NewRecord[]> {
  const all: NewRecord[] = []
  for await (const { records } of readPages(traffic.path, { line: 0, byte: 0 }, () => 500)) all.push(...records)
  return all
}

/** All that was ever sent is in its store, once, and each record is what was planned. */
async function expectTruth(): Promise<void> {
  const looked = { ...sight, drained: install.drained }
  const { accounts, ...found } = await verify(looked, traffic, {
    logs: () => countLokiLines(stack.loki, org, [traffic.fromMs - aDayMs, traffic.toMs + aDayMs]),
    spans: async () => otlp.spans(),
  })
  expect(accounts.filter(({ sent, kept }) => sent !== kept)).toEqual([])
  expect(found).toMatchObject({ lost: 0, doubled: 0, wrong: [], strangers: [], shared: [], audited: [] })
}

test('topics and tables are made by command, twice over and by two at once', async () => {
  const first = await install.ask<{ created: string[] }>('topics', 'create')
  expect(first.created).toHaveLength(12)
  expect(await install.ask('topics', 'create')).toEqual({ created: [], findings: [] })
  const both = await Promise.all(['one', 'other'].map(() => install.ask<{ applied: string[] }>('migrate')))
  expect(Math.max(...both.map(({ applied }) => applied.length))).toBeGreaterThan(3)
  expect(await install.ask('migrate')).toEqual({ applied: [] })
  sight = await install.look()
})

test('two workers take what is sent, while each is stopped and started anew, to where it belongs, once', async () => {
  await replaceWorkers(2)
  const all = await everything()
  const [early, late] = [all.slice(0, all.length / 2), all.slice(all.length / 2)]
  await sight.log.append(early)
  const ends: (number | null)[] = []
  for (const records of [late.slice(0, late.length / 2), late.slice(late.length / 2)]) {
    const leaving = workers.shift()
    const [end] = await Promise.all([leaving?.stop(), sight.log.append(records)])
    ends.push(end ?? null)
    await replaceWorkers(1)
  }
  expect(ends).toEqual([0, 0])
  await expectTruth()
  expect(workers.flatMap((worker) => worker.complaints())).toEqual([])
})

test('Prometheus sees both workers, and counts calls', async () => {
  if (watching === undefined) return
  await expect.poll(() => watching?.sum('count(up{job="callscope",of="flow"} == 1)'), patient).toBe(2)
  await expect.poll(() => watching?.sum('callscope_calls_total{of="flow"}'), patient).toBeGreaterThan(0)
})

test('a chat and presence flood of a hundred times their rate leaves call records fresh', async () => {
  const quiet = await secondsToRecord('alone')
  const records = Array.from({ length: 4_000 }, (_, n) => aMessage(n))
  const flooding = sight.log.append(records)
  const busy = await secondsToRecord('in-the-flood')
  await flooding
  expect(busy).toBeLessThan(quiet + 15)
  await install.drained()
  const [row] = await sight.rows<[number]>(`SELECT count() FROM activity_events FINAL WHERE id LIKE 'flood-%'`)
  expect(row?.[0]).toBe(records.length)
})

test('everything told again, and a group whose offsets are set back to the start, change nothing', async () => {
  const before = await everyRecord()
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  const admin = new Kafka({ brokers: [install.kafka.address], logLevel: 1 }).admin()
  await admin.connect()
  for (const topic of ['call-events', 'quality-samples'])
    await admin.setOffsets({
      groupId: 'callscope-calls',
      topic,
      partitions: [0, 1, 2, 3].map((partition) => ({ partition, offset: '0' })),
    })
  await admin.disconnect()
  for await (const { records } of readPages(traffic.path, { line: 0, byte: 0 }, () => 500))
    await sight.log.append(records)
  await replaceWorkers(2)
  await install.drained()
  await sleep(1_000)
  await install.drained()
  expect(await everyRecord()).toEqual(before)
})

test('dead letters are told by an alert that reaches Alertmanager', async () => {
  if (watching === undefined) return
  await sight.log.append([{ topic: 'audit-events', key: null, value: 'no audit event at all' }])
  await expect.poll(() => watching?.alerts('malformed_json'), patient).toContain('CallscopeDeadLetters')
})

/** Sums over live rows, and each record but for the bookkeeping that a recompute may move. */
async function everyRecord(): Promise<unknown> {
  const tables = [
    'quality_samples',
    'call_events',
    'cdr_records',
    'activity_events',
    'audit_log',
    'call_links',
    'call_evidence',
  ]
  const counts = await Promise.all(
    tables.map(async (table) => [table, (await sight.rows<[number]>(`SELECT count() FROM ${table} FINAL`))[0]?.[0]]),
  )
  const records = [...(await sight.records()).values()].map((record) => ({
    ...record,
    revision: 0,
    version: 0,
    asOfMs: 0,
  }))
  return { counts, records: records.sort((one, other) => (one.id < other.id ? -1 : 1)), spans: otlp.spans() }
}

const aMessage = (n: number): NewRecord => ({
  topic: n % 2 === 0 ? 'chat-events' : 'presence-events',
  key: `key-${n % 50}`,
  value: JSON.stringify({
    ...{ specversion: '1.0', id: `flood-${n}`, source: '/chat', time: new Date().toISOString(), tenantid: 'acme' },
    ...(n % 2 === 0
      ? { type: 'chat.sent', data: { conversation_id: `c-${n % 50}`, message_id: `m-${n}`, size_bytes: 9 } }
      : { type: 'presence.changed', data: { user_id: `u-${n % 50}`, status: 'online' } }),
  }),
})

/** From the end of a call to its record. */
async function secondsToRecord(id: string): Promise<number> {
  const event = (n: number, type: string, data: object) => ({
    topic: 'call-events',
    key: id,
    value: JSON.stringify({
      ...{ specversion: '1.0', id: `${id}-${n}`, source: '/pbx', type, time: new Date().toISOString() },
      ...{ tenantid: 'acme', correlationid: id, data },
    }),
  })
  await sight.log.append([event(1, 'call.started', { from: 'a', to: 'b' }), event(2, 'call.ended', { sip_code: 200 })])
  const begun = performance.now()
  await expect.poll(async () => (await sight.records()).has(id), { timeout: 60_000, interval: 200 }).toBe(true)
  return (performance.now() - begun) / 1_000
}
