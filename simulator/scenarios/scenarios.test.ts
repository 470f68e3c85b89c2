import { expect, test } from 'vitest'
import { bodyOf, type CallTruth, type SimulatedMessage, simulateTraffic } from '../index.ts'
import { firstOfEach, isRecord, readSamples, type SeenSample } from '../testing.ts'

/** What a scenario is not told by. */
const besideCalls = new Set(['quality-samples', 'audit-events', 'chat-events', 'presence-events'])

const startMs = Date.UTC(2026, 2, 4, 9)

interface Played {
  readonly truth: CallTruth
  readonly messages: readonly SimulatedMessage[]
  readonly samples: readonly SeenSample[]
  /** Types of call events and records, in order of event time. */
  readonly types: readonly string[]
}

/** A few calls of one scenario, each alone, without delivery faults. */
function playedOf(scenario: string): readonly Played[] {
  return [1, 2, 3, 4].map((seed) => {
    const traffic = simulateTraffic({ seed, calls: 1, startMs, scenarios: [scenario], faults: 'none' })
    const messages = [...traffic.messages]
    const [truth] = traffic.truth().calls
    if (truth === undefined) throw new Error('one call was asked for')
    const told = messages.filter(({ topic }) => !besideCalls.has(topic))
    const types = [...told]
      .sort((a, b) => a.atMs - b.atMs)
      .flatMap(({ value }) => (isRecord(value) ? [String(value.type)] : []))
    return { truth, messages, samples: firstOfEach(readSamples(messages)), types }
  })
}

const packets = (samples: readonly SeenSample[], leg: string, direction: string): number =>
  samples
    .filter(({ data }) => data.leg_id?.endsWith(`leg-${leg}`) && data.direction === direction)
    .reduce((sum, { data }) => sum + (data.packets_received ?? 0), 0)

test('one-way audio: the callee is not received and not heard, the caller is', () => {
  for (const { samples } of playedOf('one_way_audio')) {
    expect(packets(samples, 'b', 'send') + packets(samples, 'a', 'receive')).toBe(0)
    expect(packets(samples, 'a', 'send')).toBeGreaterThan(1_000)
    expect(packets(samples, 'b', 'receive')).toBeGreaterThan(1_000)
  }
})

test('carrier loss: the carrier leg turns bad and recovers, the other leg stays clean', () => {
  for (const { truth } of playedOf('carrier_loss')) {
    const lossOf = (leg: string) =>
      truth.streams
        .filter(({ legId }) => legId.endsWith(leg))
        .map(({ packetsLost = 0, packetsReceived = 1 }) => packetsLost / packetsReceived)
    expect(truth).toMatchObject({ class: 'poor', reasons: ['loss'], planted: 'carrier', direction: 'outbound' })
    for (const loss of lossOf('leg-b')) expect(loss).toBeGreaterThan(0.02)
    for (const loss of lossOf('leg-a')) expect(loss).toBeLessThan(0.005)
  }
})

test('carrier loss: the last seconds of the call are clean again', () => {
  for (const { truth, samples } of playedOf('carrier_loss')) {
    const late = samples.filter(({ atMs, data }) => atMs > (truth.endedMs ?? 0) - 5_500 && data.scope === 'interval')
    expect(late.length).toBeGreaterThan(0)
    for (const { data } of late.filter(({ data: { interval_ms = 0 } }) => interval_ms <= 6_000)) {
      expect(data.packets_lost).toBeLessThanOrEqual(1)
    }
  }
})

test('giving up: the carrier leg is bad to the last sample', () => {
  for (const { truth, samples } of playedOf('gave_up')) {
    const last = samples.filter(({ atMs, data }) => atMs === truth.endedMs && data.leg_id?.endsWith('leg-b'))
    expect(last.length).toBeGreaterThanOrEqual(2)
    for (const { data } of last) expect(data.packets_lost ?? 0).toBeGreaterThan(0.05 * (data.packets_received ?? 0))
  }
})

test('late media: nothing in the first three seconds after answer, second by second, then media', () => {
  for (const { truth, samples } of playedOf('late_media')) {
    const answeredMs = truth.answeredMs ?? 0
    const early = samples.filter(({ atMs }) => atMs <= answeredMs + 3_000)
    expect(early.length).toBeGreaterThanOrEqual(12)
    expect(early.every(({ data }) => (data.packets_received ?? 0) === 0)).toBe(true)
    const soon = samples.filter(({ atMs }) => atMs > answeredMs + 3_000 && atMs <= answeredMs + 5_000)
    expect(soon.some(({ data }) => (data.packets_received ?? 0) > 0)).toBe(true)
  }
})

test('no media: everybody watched, nobody saw a packet', () => {
  for (const { truth, samples } of playedOf('no_media')) {
    expect(samples.length).toBeGreaterThan(8)
    expect(samples.every(({ data }) => (data.packets_received ?? 0) === 0)).toBe(true)
    expect(truth.findings).toEqual(['no_media_after_answer'])
  }
})

test('a bad client conceals much and loses nothing, and says that its processor is the limit', () => {
  for (const { truth, samples } of playedOf('bad_client')) {
    const own = samples.filter(({ data }) => data.observer === 'browser')
    expect(own.every(({ data }) => data.limitation === 'cpu')).toBe(true)
    const last = own.at(-1)?.data
    expect((last?.concealed_samples ?? 0) / (last?.samples_received ?? 1)).toBeGreaterThan(0.1)
    for (const { packetsLost = 0, packetsReceived = 0, observer } of truth.streams) {
      if (observer !== 'remote') expect(packetsLost).toBeLessThanOrEqual(packetsReceived / 100)
    }
  }
})

test('failing platform spans: error status on the trace of the call, and loss on every leg', () => {
  for (const { truth, messages } of playedOf('platform_span_failure')) {
    const spans = messages
      .filter(({ topic }) => topic === 'trace-spans')
      .map(bodyOf)
      .join('\n')
    expect(spans.match(/"name":"RelayMedia"/g)?.length).toBe(2)
    expect(spans).toContain('"status":{"code":2')
    expect(truth.evidence).toBeGreaterThanOrEqual(4)
    for (const { packetsLost = 0, packetsReceived = 1, scope } of truth.streams) {
      if (scope === 'interval') expect(packetsLost / packetsReceived).toBeGreaterThan(0.01)
    }
  }
})

test('a codec change is announced, and samples that name their codec follow it', () => {
  for (const { truth, messages, samples } of playedOf('codec_change')) {
    const told = messages.filter(({ value }) => isRecord(value) && value.type === 'call.codec_changed')
    expect(told.length).toBe(1)
    expect(truth.codec).toBe('G729A')
    const named = new Set(samples.flatMap(({ data }) => data.codec ?? []))
    expect([0, 2]).toContain(named.size)
  }
})

test('not answered: no media, no answer, and a record that says so', () => {
  for (const { truth, samples, types } of playedOf('not_answered')) {
    expect(samples).toEqual([])
    expect(types).not.toContain('call.answered')
    expect(types).toContain('cdr.recorded')
    expect(truth).toMatchObject({ class: 'unclassified', unclassified: 'not_answered', disposition: 'not_answered' })
    expect([480, 486, 487]).toContain(truth.sipCode)
  }
})

test.each([
  ['never_ended', 'silence', ['call.ended', 'cdr.recorded']],
  ['ended_by_cdr', 'cdr', ['call.ended', 'call.leg_ended']],
  ['media_only', 'silence', ['call.started', 'call.answered', 'call.ended', 'cdr.recorded']],
])('%s: its end is known by %s', (scenario, because, absent) => {
  for (const { truth, types } of playedOf(scenario)) {
    expect(truth.endedBecause).toBe(because)
    expect(truth.endedMs === undefined).toBe(because === 'silence')
    for (const type of absent) expect(types).not.toContain(type)
    expect(truth.lastSeenMs).toBeGreaterThan(startMs)
  }
})

test('media without signalling: nobody tells of start or answer', () => {
  for (const { truth } of playedOf('media_only')) {
    expect(truth).toMatchObject({ disposition: 'unknown', class: 'good', traceIds: [] })
    expect([truth.startedMs, truth.answeredMs, truth.carrier]).toEqual([undefined, undefined, undefined])
  }
})

test('a late start lies before midnight, the talk goes on after it, and the first event comes minutes late', () => {
  for (const { truth, messages } of playedOf('late_start')) {
    const midnight = Date.UTC(2026, 2, 4)
    expect(truth.answeredMs).toBeLessThan(midnight)
    expect(truth.endedMs).toBeGreaterThan(midnight)
    const started = messages.findIndex(({ value }) => isRecord(value) && value.type === 'call.started')
    const ended = messages.findIndex(({ value }) => isRecord(value) && value.type === 'call.ended')
    expect(started).toBeGreaterThan(ended)
  }
})

test('a transferred call has three legs, and media on the third', () => {
  for (const { truth, types, samples } of playedOf('transfer')) {
    expect(types.filter((type) => type === 'call.leg_added').length).toBe(3)
    expect(types.filter((type) => type === 'call.leg_ended').length).toBe(3)
    expect(types).toContain('call.transferred')
    expect(packets(samples, 'c', 'send')).toBeGreaterThan(500)
    expect(new Set(truth.streams.map(({ legId }) => legId)).size).toBe(3)
  }
})

test('a conference has three to eight legs in one room, whether they share one id or not', () => {
  const rooms = playedOf('conference')
  for (const { truth, types, messages } of rooms) {
    const joined = types.filter((type) => type === 'conference.joined').length
    expect(joined).toBeGreaterThanOrEqual(3)
    expect(joined).toBeLessThanOrEqual(8)
    expect([1, joined]).toContain(truth.correlationIds.length)
    const events = messages.filter(({ topic }) => topic === 'conf-events' || topic === 'call-events')
    const named = new Set(
      events.map(({ value }) => isRecord(value) && isRecord(value.data) && value.data.conf_session_id),
    )
    expect(named.size).toBe(1)
    expect(truth.conference).toBe(true)
  }
  expect(new Set(rooms.map(({ truth }) => truth.correlationIds.length > 1)).size).toBe(2)
})
