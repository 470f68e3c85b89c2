import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { callTopics, topicNames } from '#contracts/topics.ts'
import { readAnnouncements } from '#pipelines/summaries/read-announcements.ts'
import { bodyOf, simulatedTenants, simulateTraffic } from '#simulator/index.ts'
import { type Flow, startFlow } from './flow.ts'

const dayMs = 86_400_000
const readers = ['calls', 'evidence', 'logs', 'traces', 'activity', 'audit']
const tenants = simulatedTenants.map(({ id }) => id)

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now() - 3 * dayMs)
})
afterAll(() => flow.stop())

/** All that is stored, but for the versions, which say when it was computed last. */
async function everything(): Promise<Readonly<Record<string, unknown>>> {
  const tables: Readonly<Record<string, readonly [columns: string, order: string]>> = {
    quality_samples: [
      '*',
      'minute, tenant, correlation_id, leg_id, direction, stream_id, observer, interval_end, sequence',
    ],
    call_events: ['*', 'tenant, correlation_id, source, id'],
    cdr_records: ['*', 'tenant, correlation_id, source, id'],
    call_links: ['*', 'tenant, node, other'],
    call_evidence: ['*', 'tenant, subject, kind, id'],
    activity_events: ['*', 'tenant, source, id'],
    audit_log: ['*', 'tenant, subject, source, id'],
    otel_logs: ['*', 'Hash'],
    otel_traces: ['*', 'TraceId, SpanId'],
    call_minutes: [
      '* EXCEPT (version)',
      'tenant, correlation_id, leg_id, kind, direction, stream_id, observer, scope, minute',
    ],
    calls: ['tenant, at, id, members, state, class, record, kept', 'tenant, at, id'],
  }
  const rows: Record<string, unknown> = {}
  for (const [table, [columns, order]] of Object.entries(tables)) {
    const live = table === 'calls' ? 'WHERE is_deleted = 0' : ''
    rows[table] = await flow.rows(`SELECT ${columns} FROM ${table} FINAL ${live} ORDER BY ${order}`)
  }
  // A letter is what its key says, however often it lies in the log.
  return {
    ...rows,
    letters: [...new Set((await flow.letters()).map(({ identity, reason }) => `${identity} ${reason}`))].sort(),
  }
}

/** What has been announced from these offsets on, by call: its minutes. */
async function announcedFrom(offsets: ReadonlyMap<number, number>): Promise<ReadonlyMap<string, readonly number[]>> {
  const minutes = new Map<string, Set<number>>()
  for (const extent of await flow.log.extent(topicNames.callChanges)) {
    const offset = offsets.get(extent.partition) ?? extent.start
    for (const record of offset < extent.end ? await flow.log.read({ ...extent, offset }, 10_000) : []) {
      for (const change of readAnnouncements(record).changes) {
        const key = `${change.tenant} ${change.id}`
        minutes.set(key, new Set([...(minutes.get(key) ?? []), ...change.minutes]))
      }
    }
  }
  return new Map([...minutes].sort().map(([key, all]) => [key, [...all].sort()]))
}

async function endsOfAnnouncements(): Promise<ReadonlyMap<number, number>> {
  return new Map((await flow.log.extent(topicNames.callChanges)).map(({ partition, end }) => [partition, end]))
}

/** Counters of calls, of their quality and of what services and people did: all that alerts and service levels read live. */
const liveCounts = async (): Promise<readonly string[]> =>
  (await flow.metrics())
    .split('\n')
    .filter((line) => /^callscope_(call|calls|chat|presence|service)_\w*(total|count|sum|bucket)\b/.test(line))
    .sort()

const behindOf = (topic: string) => flow.log.lag('calls').filter((one) => one.topic === topic && one.lag > 0)

test('topics of three days ago, delivered again, change nothing', async () => {
  const traffic = simulateTraffic({ seed: 12, calls: 25, startMs: flow.clock.now() - 12 * 3_600_000, poison: 0.02 })
  await flow.deliver(...[...traffic.messages].map((message): NewRecord => ({ ...message, value: bodyOf(message) })))
  await flow.allSettled(tenants)
  flow.clock.advance(3 * dayMs)
  await flow.drained()
  const [before, counted, ends] = [await everything(), await liveCounts(), await endsOfAnnouncements()]
  const announced = await announcedFrom(new Map())
  expect(counted.some((line) => line.startsWith('callscope_call_jitter_seconds_count'))).toBe(true)

  const begin = await Promise.all(readers.map((group) => flow.hold(group)))
  for (const group of readers) flow.log.forgetGroup(group)
  for (const start of begin) start()
  await flow.drained()
  expect(callTopics.flatMap(behindOf)).toEqual([])
  const again = await announcedFrom(ends)
  expect(
    [...again].filter(([key, minutes]) => minutes.some((minute) => !announced.get(key)?.includes(minute))),
  ).toEqual([])
  expect(again.size).toBeGreaterThan(0)
  expect(await everything()).toEqual(before)
  expect(await liveCounts()).toEqual(counted)
}, 180_000)
