import { expect, test } from 'vitest'
import { groupBy } from '#quality/grouping.ts'
import {
  bodyOf,
  type CallTruth,
  type SimulatedMessage,
  type StreamTruth,
  simulateTraffic,
  type TrafficOptions,
} from './index.ts'
import { scenarioNames } from './scenarios/index.ts'
import { firstOfEach, isRecord, readSamples, sumUp } from './testing.ts'

const startMs = Date.UTC(2026, 2, 4, 9)
const mixed: TrafficOptions = { seed: 11, calls: 400, startMs, concurrent: 60 }

const traffic = simulateTraffic(mixed)
const messages = [...traffic.messages]
const truth = traffic.truth()
const samples = firstOfEach(readSamples(messages))

const streamKey = (stream: StreamTruth): string =>
  [stream.correlationId, stream.legId, stream.kind, stream.direction, stream.observer].join(' ')

test('every stream adds up to its truth, for each observer', () => {
  const byStream = groupBy(samples, ({ stream }) => stream)
  const expected = truth.calls.flatMap(({ streams }) => streams)
  expect(byStream.size).toBe(expected.length)
  for (const stream of expected) {
    const seen = sumUp(byStream.get(streamKey(stream)) ?? [])
    expect({ key: streamKey(stream), ...seen }).toEqual({
      key: streamKey(stream),
      samples: stream.samples,
      received: stream.packetsReceived ?? 0,
      lost: stream.packetsLost ?? 0,
      discarded: stream.packetsDiscarded ?? 0,
      measuredMs: stream.measuredMs,
    })
  }
})

test('truth counts each identity once, however often it was delivered', () => {
  const events = messages.filter(({ topic }) =>
    ['call-events', 'conf-events', 'cdr-events', 'audit-events', 'chat-events', 'presence-events'].includes(topic),
  )
  const identities = new Map<string, Set<string>>()
  for (const { topic, value } of events) {
    if (typeof value === 'string') continue
    const known = identities.get(topic) ?? new Set()
    identities.set(topic, known.add([value.tenantid, value.correlationid, value.source, value.id].join(' ')))
  }
  const count = (topic: string): number => identities.get(topic)?.size ?? 0
  expect(truth.totals.distinct).toMatchObject({
    samples: samples.length,
    callEvents: count('call-events') + count('conf-events'),
    cdrEvents: count('cdr-events'),
    auditEvents: count('audit-events'),
    activityEvents: count('chat-events') + count('presence-events'),
  })
})

test('truth counts log lines and spans once, by content and by id', () => {
  const logs = new Set(recordsOf(messages, 'app-logs').map((record) => JSON.stringify(record)))
  const spans = new Set(
    recordsOf(messages, 'trace-spans').map(({ traceId, spanId, kind }) => `${traceId} ${spanId} ${kind}`),
  )
  expect(truth.totals.distinct).toMatchObject({ logs: logs.size, spans: spans.size })
})

test('evidence is what services warned of and what failed, by the call it belongs to', () => {
  const owners = new Map(truth.calls.flatMap(({ id, traceIds }) => traceIds.map((traceId) => [traceId, id])))
  const found = new Map<string, Set<string>>()
  for (const record of [...recordsOf(messages, 'app-logs'), ...recordsOf(messages, 'trace-spans')]) {
    const failed = isRecord(record.status) && record.status.code === 2
    const owner = owners.get(String(record.traceId))
    if (owner === undefined || !(failed || Number(record.severityNumber ?? 0) >= 13)) continue
    found.set(owner, (found.get(owner) ?? new Set()).add(JSON.stringify(record)))
  }
  for (const { id, evidence } of truth.calls) expect(found.get(id)?.size ?? 0).toBe(evidence)
})

test('no id of one call ever names another', () => {
  const owner = new Map<string, number>()
  for (const { index, correlationIds } of truth.calls) for (const id of correlationIds) owner.set(id, index)
  expect(owner.size).toBe(truth.calls.flatMap(({ correlationIds }) => correlationIds).length)
  const users = new Map<string, Set<number>>()
  for (const { key, topic, value } of messages) {
    const index = owner.get(key ?? '')
    if (index === undefined || topic === 'audit-events' || typeof value === 'string' || !isRecord(value.data)) continue
    for (const kind of ['call_id', 'session_id', 'leg_id', 'sip_call_id', 'sip_session_id', 'conf_session_id']) {
      const id = value.data[kind]
      if (typeof id !== 'string' || /^[0-]+$/.test(id)) continue
      users.set(`${kind} ${id}`, (users.get(`${kind} ${id}`) ?? new Set()).add(index))
    }
  }
  expect([...users].filter(([, calls]) => calls.size > 1)).toEqual([])
})

test('calls of several ids are joined by what their messages say, late links by one late message', () => {
  const split = truth.calls.filter(({ faults }) => faults.includes('late_link'))
  expect(split.length).toBeGreaterThan(5)
  for (const call of split) {
    expect(call.correlationIds.length).toBe(2)
    const links = messagesOf(call).filter((message) => bodyOf(message).includes('linked_correlation_id'))
    expect(links.length).toBeGreaterThanOrEqual(1)
    for (const { dueMs, atMs } of links) expect(dueMs - atMs).toBeGreaterThanOrEqual(60_000)
  }
})

test('a tenant sees only its own calls', () => {
  for (const call of truth.calls.slice(0, 50)) {
    const tenants = messagesOf(call).map(({ value }) => (typeof value === 'string' ? '' : value.tenantid))
    expect(new Set(tenants)).toEqual(new Set([call.tenant]))
  }
})

test('a good call has not one interval near a limit, an unclassified one has too little to judge', () => {
  const byId = groupBy(samples, ({ correlationId }) => correlationId)
  for (const call of truth.calls.filter((each) => each.class === 'good')) {
    for (const { data } of call.correlationIds.flatMap((id) => byId.get(id) ?? [])) {
      expect(data.jitter_ms ?? 0).toBeLessThan(15)
      expect(data.round_trip_ms ?? 0).toBeLessThan(150)
      if (data.scope === 'cumulative') continue
      const bad = (data.packets_lost ?? 0) + (data.packets_discarded ?? 0)
      expect(bad).toBeLessThanOrEqual(0.01 * ((data.packets_received ?? 0) + (data.packets_lost ?? 0)))
    }
  }
  for (const { unclassified, streams } of truth.calls.filter((each) => each.class === 'unclassified')) {
    for (const { measuredMs, packetsReceived = 0 } of streams) {
      expect(unclassified).toBe('too_short')
      expect(measuredMs).toBeLessThan(10_000)
      expect(packetsReceived).toBeLessThan(500)
    }
  }
})

test('the truth file names every scenario that was played', () => {
  expect(truth.calls.length).toBe(mixed.calls)
  expect(truth.totals.calls).toBe(mixed.calls)
  expect(truth.totals.messages).toBe(messages.length)
  expect(truth.calls.every(({ scenario }) => scenarioNames.includes(scenario))).toBe(true)
  expect(JSON.parse(JSON.stringify(truth)).calls.length).toBe(mixed.calls)
})

function messagesOf(call: CallTruth): readonly SimulatedMessage[] {
  return messages.filter(({ key, topic }) => topic !== 'audit-events' && call.correlationIds.includes(key ?? ''))
}

/** Records of OTLP batches as they came, duplicates and all, each with its resource. */
function recordsOf(all: readonly SimulatedMessage[], topic: string): readonly Record<string, unknown>[] {
  return all
    .filter((message) => message.topic === topic)
    .flatMap((message) => JSON.parse(bodyOf(message)).resourceLogs ?? JSON.parse(bodyOf(message)).resourceSpans)
    .flatMap(({ resource, scopeLogs, scopeSpans }) =>
      (scopeLogs ?? scopeSpans).flatMap(({ logRecords, spans }: { logRecords?: object[]; spans?: object[] }) =>
        (logRecords ?? spans ?? []).map((record) => ({ resource, ...record })),
      ),
    )
}
