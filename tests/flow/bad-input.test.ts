import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { shardOf } from '#contracts/sharding.ts'
import { createLetterDesk } from '#sinks/dead-letter/desk.ts'
import { type EnvelopeParts, messagesOf } from '#tests/builders.ts'
import { aStage, everyFew, type Flow, startFlow } from './flow.ts'

const dayMs = 86_400_000

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow?.stop())

const contentType = 'application/json'
const imported: EnvelopeParts = { headers: { [recordHeaders.run]: 'run-1' } }

/** What is wrong, and the reason that its dead letter has to give. */
function badMessages(tenant: string, nowMs: number): readonly (readonly [what: string, NewRecord, ParkReason])[] {
  const { event, sample, log, span } = messagesOf(tenant)
  const good = event('bad', 'call.started', nowMs)
  const text = (value: string, of: NewRecord = good): NewRecord => ({ ...of, value })
  const changed = (change: (text: string) => string, of = good) => text(change(String(of.value)), of)
  const nested = `${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`
  return [
    ['an empty body', text(''), 'malformed_json'],
    ['JSON cut short', changed((json) => json.slice(0, -2)), 'malformed_json'],
    ['bytes that are no text', { ...good, value: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]) }, 'malformed_json'],
    [
      'NaN, which JSON does not know',
      changed((json) => json.replace(/"packets_lost":0/, '"packets_lost":NaN'), sample('bad', nowMs)),
      'malformed_json',
    ],
    [
      'a number too large to be one',
      changed((json) => json.replace(/"packets_lost":0/, '"packets_lost":1e999'), sample('bad', nowMs)),
      'invalid_schema',
    ],
    ['"NaN" as text', sample('bad', nowMs, { jitter_ms: 'NaN' }), 'invalid_schema'],
    ['null instead of nothing', sample('bad', nowMs, { jitter_ms: null }), 'invalid_schema'],
    ['a negative counter', sample('bad', nowMs, { packets_received: -1 }), 'invalid_schema'],
    ['a counter of 2^53', sample('bad', nowMs, { packets_received: 2 ** 53 }), 'invalid_schema'],
    ['half a packet', sample('bad', nowMs, { packets_received: 0.5 }), 'invalid_schema'],
    ['a count as text', sample('bad', nowMs, { packets_received: '250' }), 'invalid_schema'],
    ['an interval without a length', sample('bad', nowMs, { interval_ms: undefined }), 'invalid_schema'],
    ['a field that nobody knows', event('bad', 'call.started', nowMs, { colour: 'red' }), 'invalid_schema'],
    [
      '__proto__ as a field',
      changed((json) => json.replace('"data":{}', '"data":{"__proto__":{"from":"x"}}')),
      'invalid_schema',
    ],
    ['deep nesting', changed((json) => json.replace('"data":{}', `"data":${nested}`)), 'invalid_schema'],
    ['a list in a list', changed((json) => `[[${json}]]`), 'invalid_schema'],
    ['a word instead of an event', text('"call.started"'), 'invalid_schema'],
    ['control characters in an id', event('a\nb', 'call.started', nowMs), 'invalid_schema'],
    ['an id as long as a letter', event('x'.repeat(201), 'call.started', nowMs), 'invalid_schema'],
    ['no time', changed((json) => json.replace(/"time":"[^"]*",/, '')), 'invalid_schema'],
    [
      'the 31st of February',
      changed((json) => json.replace(/"time":"[^"]*"/, '"time":"2026-02-31T10:00:00Z"')),
      'invalid_schema',
    ],
    ['a type that nobody knows', event('bad', 'call.teleported', nowMs), 'unknown_type'],
    ['a type of another topic', { ...event('bad', 'call.started', nowMs), topic: 'cdr-events' }, 'unknown_type'],
    ['1970', event('bad', 'call.started', 0), 'too_old'],
    ['1970 in an import', event('bad', 'call.started', 0, {}, imported), 'too_old'],
    ['eight days ago', event('bad', 'call.started', nowMs - 8 * dayMs), 'too_old'],
    ['2100', event('bad', 'call.started', Date.UTC(2100, 0)), 'too_far_ahead'],
    ['2100 in an import', sample('bad', Date.UTC(2100, 0), {}, imported), 'too_far_ahead'],
    ['2 MiB', event('bad', 'call.started', nowMs, { from: 'x'.repeat(2 << 20) }), 'too_large'],
    [
      'a tenant that nobody knows',
      event('bad', 'call.started', nowMs, {}, { headers: { [recordHeaders.tenant]: 'nobody' } }),
      'unknown_tenant',
    ],
    [
      'a tenant other than the credential says',
      changed((json) => json.replace('{', '{"tenantid":"default",')),
      'tenant_mismatch',
    ],
    ['logs that are no JSON', text('{', log(nowMs, 'x', { id: 'bad' })), 'malformed_json'],
    ['a span of 1970', span(dayMs, 'x', { id: 'bad' }), 'too_old'],
  ]
}

describe('a bad message is a dead letter, and the next good one goes through', () => {
  test('whatever is wrong with it', async () => {
    const tenant = flow.freshTenant()
    const { event } = messagesOf(tenant)
    const nowMs = Math.floor(flow.clock.now()) - 60_000
    const bad = badMessages(tenant, nowMs)
    // In the same partition, right behind it.
    const key = 'one-key'
    const good = bad.map((_, n) => ({ ...event(`good-${n}`, 'call.started', nowMs), key }))
    await flow.deliver(...bad.flatMap(([, message, _reason], n) => [{ ...message, key }, good[n] as NewRecord]))
    await flow.drained()
    const letters = new Map((await flow.letters()).map((letter) => [`${letter.topic} ${letter.offset}`, letter.reason]))
    const offsets = new Map<string, number>()
    const told = bad.map(([what, { topic }], n) => {
      const offset = offsets.get(topic) ?? 0
      offsets.set(topic, offset + 1)
      const goodTopic = good[n]?.topic ?? ''
      offsets.set(goodTopic, (offsets.get(goodTopic) ?? 0) + 1)
      return [what, letters.get(`${topic} ${offset}`)]
    })
    expect(told).toEqual(bad.map(([what, , reason]) => [what, reason]))
    expect(letters.size).toBe(bad.length)
    expect(Object.keys(await flow.recordsOf(tenant))).toEqual(bad.map((_, n) => `good-${n}`).sort())
  })

  test('of a batch only the bad ones are dead, and the letter says how many', async () => {
    const { tenant, at, event } = aStage(flow)
    const [one, two, three] = [
      event('a', 'call.started', at(0)),
      event('b', 'call.teleported', at(0)),
      event('c', 'call.started', at(0)),
    ]
    await flow.deliver({ ...one, value: `[${[one, two, two, three].map(({ value }) => value).join(',')}]` })
    await flow.drained()
    expect(Object.keys(await flow.recordsOf(tenant))).toEqual(['a', 'c'])
    expect(await flow.letters(tenant)).toMatchObject([{ reason: 'unknown_type', refused: 2 }])
  })

  test('one batch over more than 100 days is an import like any other', async () => {
    const { tenant, at, sample, event } = aStage(flow)
    const days = everyFew(0, 720, 12)
    const messages = days.flatMap((day) => [
      event(`c-${day}`, 'call.started', at(0) - day * dayMs, {}, imported),
      sample(`c-${day}`, at(30) - day * dayMs, { codec: 'PCMU' }, imported),
    ])
    await flow.deliver(...messages)
    const records = await flow.settled(tenant)
    expect(Object.keys(records)).toHaveLength(days.length)
    expect(Object.values(records).every(({ streams }) => streams[0]?.measuredMs === 5_000)).toBe(true)
    expect(await flow.letters(tenant)).toEqual([])
  })
})

describe('a dead letter that is replayed', () => {
  test('is read as it would have been, with the attributes that binary mode carries in headers', async () => {
    const { tenant, event } = aStage(flow)
    const message = event('early', 'call.started', Math.floor(flow.clock.now()) + 900_000)
    const { data, ...attributes } = JSON.parse(String(message.value)) as Record<string, unknown>
    const binary = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)])
    const headers = { ...message.headers, ...Object.fromEntries(binary), [recordHeaders.contentType]: contentType }
    await flow.deliver({ ...message, headers, value: JSON.stringify(data) })
    await flow.drained()
    const [letter, ...more] = await flow.letters(tenant)
    expect([letter?.reason, more, await flow.recordsOf(tenant)]).toEqual(['too_far_ahead', [], {}])
    flow.clock.advance(900_000)
    expect(await createLetterDesk(flow.log).replay(letter?.id ?? '')).toBe('replayed')
    await flow.drained()
    expect(Object.keys(await flow.recordsOf(tenant))).toEqual(['early'])
    expect(await flow.letters(tenant)).toHaveLength(1)
  })
})

describe('a call that cannot be folded', () => {
  test('is a dead letter and says not_computed, its shard goes on, and it comes back once it can be', async () => {
    const { tenant, at, event } = aStage(flow)
    // No message can bring it about, so it is planted: events whose data is no object, or no JSON at all.
    const plant = (id: string, data: string) =>
      flow.warehouse.command({
        query: `INSERT INTO call_events (tenant, correlation_id, source, id, time, type, data, checksum, expires_at)
          VALUES ('${tenant}', '${id}', '/planted', 'p', ${at(2)}, 'call.held', '${data}', 1, ${Math.floor(at(0) / 1_000) + 86_400 * 30})`,
      })
    await flow.deliver(
      event('bad', 'call.started', at(0)),
      event('bad', 'call.answered', at(1), { linked_correlation_id: 'half' }),
    )
    await flow.deliver(event('half', 'call.started', at(1)))
    await flow.drained()
    await plant('half', 'null')
    await plant('never', 'null')
    await plant('broken', '{')
    const ids = ['bad', 'never', 'broken']
    const shards = new Set(ids.map((id) => shardOf(tenant, id)))
    const others = Array.from({ length: 500 }, (_, n) => `good-${n}`).filter((id) => shards.has(shardOf(tenant, id)))
    await flow.deliver(...[...ids, ...others].map((id) => event(id, 'call.resumed', at(3))))
    await flow.drained()
    const records = await flow.recordsOf(tenant)
    for (const id of ids) expect(records[id]?.verdict).toMatchObject({ unclassified: 'not_computed' })
    expect(records.bad).toMatchObject({ correlationIds: ['bad', 'half'], startedMs: at(0) })
    expect(Object.keys(records)).toHaveLength(ids.length + others.length)
    const letters = (await flow.letters(tenant)).map(({ topic, reason }) => `${topic} ${reason}`)
    expect(letters).toEqual(Array(3).fill('call-changes recompute_failed'))

    await flow.warehouse.command({
      query: `DELETE FROM call_events WHERE tenant = '${tenant}' AND source = '/planted'`,
    })
    await flow.announce(tenant, ids)
    await flow.drained()
    const mended = await flow.recordsOf(tenant)
    for (const id of ids) expect(mended[id]?.verdict).not.toMatchObject({ unclassified: 'not_computed' })
    expect(Object.keys(mended)).toHaveLength(ids.length + others.length)
    expect(await flow.letters(tenant)).toHaveLength(3)
  })
})
