import { describe, expect, test } from 'vitest'
import { bytesOf, type EventLog, type LogRecord, type NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { deadLetters, edgeDeadLetter, maxBodyBytes, type Refused } from './build.ts'
import { createLetterDesk } from './desk.ts'
import { openEnvelope } from './envelope.ts'
import { originalMessage, readDeadLetter } from './read.ts'

const aMessage = (over: Partial<LogRecord> = {}): LogRecord => ({
  topic: 'call-events',
  partition: 2,
  offset: 41,
  logTimeMs: 1_772_359_205_000,
  key: 'c-1',
  headers: {},
  value: new TextEncoder().encode('{"phone":"+49 170 1234567"}'),
  ...over,
})
const refused = (record: LogRecord, detail = 'data.amount: expected string'): Refused => ({
  record,
  reason: 'invalid_schema',
  detail,
})
const asRead = (letter: NewRecord | undefined, offset = 0): LogRecord => ({
  ...{ topic: letter?.topic ?? '', partition: 0, offset, logTimeMs: 1, key: letter?.key ?? null },
  headers: letter?.headers ?? {},
  value: Uint8Array.from(Buffer.from(letter?.value ?? '')),
})

describe('a dead letter', () => {
  test('says where the message lies, who refused it and why', () => {
    const [letter] = deadLetters('calls', [refused(aMessage())])
    expect(letter).toMatchObject({ topic: 'dead-letter', key: 'call-events/2/41/calls' })
    expect(readDeadLetter(asRead(letter))).toMatchObject({
      ...{ topic: 'call-events', partition: 2, offset: 41, pipeline: 'calls', atMs: 1_772_359_205_000 },
      ...{ reason: 'invalid_schema', detail: 'data.amount: expected string', refused: 1, whole: true },
    })
  })

  test('is one per message, however many parts of it were refused', () => {
    const parts = [
      refused(aMessage(), 'first'),
      refused(aMessage(), 'second'),
      refused(aMessage({ offset: 42 }), 'other'),
    ]
    const letters = deadLetters('logs', parts)
    expect(letters.map(({ key }) => key)).toEqual(['call-events/2/41/logs', 'call-events/2/42/logs'])
    expect(readDeadLetter(asRead(letters[0]))).toMatchObject({
      refused: 2,
      refusals: [
        { index: 0, detail: 'first' },
        { index: 1, detail: 'second' },
      ],
    })
  })

  test('of a batch with 10,000 bad lines counts them all and stays a small letter', () => {
    const [letter, ...more] = deadLetters(
      'logs',
      Array.from({ length: 10_000 }, () => refused(aMessage(), 'x'.repeat(500))),
    )
    expect(more).toEqual([])
    expect(readDeadLetter(asRead(letter))?.refused).toBe(10_000)
    expect(asRead(letter).value.length).toBeLessThan(32_768)
  })

  test('keeps the body as it came, and says when it kept only the beginning', () => {
    const [whole] = deadLetters('calls', [refused(aMessage())])
    expect(openEnvelope(bytesOf(asRead(whole)))?.body).toEqual(aMessage().value)
    const [cut] = deadLetters('calls', [refused(aMessage({ value: new Uint8Array(3_000_000) }))])
    expect(openEnvelope(bytesOf(asRead(cut)))?.body).toHaveLength(maxBodyBytes)
    expect(readDeadLetter(asRead(cut))?.whole).toBe(false)
  })

  test('keeps whose message it was before all other headers, and says when some did not fit', () => {
    const headers = { ce_subject: 'x'.repeat(20_000), ce_type: 'call.ended', [recordHeaders.tenant]: 'acme' }
    const [letter] = deadLetters('calls', [refused(aMessage({ headers }))])
    expect(openEnvelope(bytesOf(asRead(letter)))?.head.headers[recordHeaders.tenant]).toBe('acme')
    expect([readDeadLetter(asRead(letter))?.whole, originalMessage(asRead(letter))]).toEqual([false, undefined])
  })

  test('never grows beyond what a Kafka broker takes, however much of everything it holds', () => {
    const headers = Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`ce_x${at}`, '\u0001"'.repeat(9)]))
    const big = aMessage({ headers, key: '"'.repeat(1_024), value: new Uint8Array(3_000_000) })
    const [letter] = deadLetters(
      'calls',
      Array.from({ length: 1_000 }, () => refused(big, '€"'.repeat(400))),
    )
    expect(asRead(letter).value.length).toBeLessThan(1_048_576 - 1_024)
  })

  test('says in key and headers where the message lay, who refused it and why, and nothing of the message', () => {
    const headers = { 'x-user': 'secret', ce_subject: '+49 170 1234567', [recordHeaders.tenant]: 'acme' }
    const [letter] = deadLetters('calls', [refused(aMessage({ key: 'anna@example.com', headers }), 'two\r\nlines')])
    expect(letter).toMatchObject({
      key: 'call-events/2/41/calls',
      headers: {
        ...{ 'callscope-topic': 'call-events', 'callscope-partition': '2', 'callscope-offset': '41' },
        ...{ 'callscope-pipeline': 'calls', 'callscope-reason': 'invalid_schema' },
      },
    })
    expect(Object.keys(letter?.headers ?? {})).toHaveLength(5)
    expect(Buffer.from(asRead(letter).value).toString()).not.toContain('secret')
    expect(readDeadLetter(asRead(letter))).toMatchObject({ detail: 'two lines', tenant: 'acme' })
  })

  test('of an edge has no place in the log, and the same one when the client repeats itself', () => {
    const letter = () =>
      edgeDeadLetter({
        reason: 'tenant_mismatch',
        detail: 'tenant: other',
        topic: 'call-events',
        tenant: 'acme',
        value: '{}',
      })
    expect(readDeadLetter(asRead(letter()))).toMatchObject({ pipeline: 'edge', offset: -1, tenant: 'acme' })
    expect(letter().key).toBe(letter().key)
  })
})

describe('the desk', () => {
  function aDesk(letters: readonly NewRecord[]) {
    const appended: NewRecord[] = []
    const records = letters.map(asRead)
    const log: Pick<EventLog, 'append' | 'read' | 'extent'> = {
      append: async (more) =>
        void appended.push(...more.map((record) => ({ ...record, value: Uint8Array.from(Buffer.from(record.value)) }))),
      read: async ({ offset }, limit) => records.slice(offset, offset + limit),
      extent: async (topic) => [{ topic, partition: 0, start: 0, end: records.length }],
    }
    return { desk: createLetterDesk(log), appended }
  }
  const manyLetters = (count: number) =>
    deadLetters(
      'calls',
      Array.from({ length: count }, (_, offset) => refused(aMessage({ offset }))),
    )

  test('lists the latest first, page by page, each letter once', async () => {
    const { desk } = aDesk(manyLetters(100))
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const page = await desk.list(cursor === undefined ? { limit: 40 } : { limit: 40, cursor })
      seen.push(...page.letters.map(({ offset }) => offset))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i))
  })

  test('shows a letter with its body, and bytes that are no text as base64', async () => {
    const { desk } = aDesk(
      deadLetters('logs', [refused(aMessage()), refused(aMessage({ offset: 1, value: new Uint8Array([255, 0]) }))]),
    )
    expect(await desk.show('0-0')).toMatchObject({ body: '{"phone":"+49 170 1234567"}' })
    expect(await desk.show('0-1')).toMatchObject({ body: 'base64:/wA=' })
    for (const id of ['0-2', '7-0', '', 'x', '../../etc']) expect(await desk.show(id)).toBeUndefined()
  })

  test('replays a message as it came: topic, key, headers and bytes, with the attributes of binary mode', async () => {
    const headers = {
      ...{ [recordHeaders.tenant]: 'acme', 'content-type': 'application/json' },
      ...{ ce_specversion: '1.0', ce_id: 'e-1', ce_source: 'sbc', ce_type: 'call.ended', ce_correlationid: 'c-1' },
    }
    const { desk, appended } = aDesk(deadLetters('calls', [refused(aMessage({ headers }))]))
    expect(await desk.replay('0-0')).toBe('replayed')
    expect(appended).toEqual([{ topic: 'call-events', key: 'c-1', headers, value: aMessage().value }])
  })

  test('does not replay half a message, nor one that is not there', async () => {
    const { desk, appended } = aDesk(deadLetters('calls', [refused(aMessage({ value: new Uint8Array(2_000_000) }))]))
    expect([await desk.replay('0-0'), await desk.replay('0-9')]).toEqual(['cut', 'not_found'])
    expect(appended).toEqual([])
  })
})
