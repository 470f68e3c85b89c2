import { describe, expect, test } from 'vitest'
import type { EventLog, LogRecord, NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { deadLetters, edgeDeadLetter, maxBodyBytes, type Refused } from './build.ts'
import { createLetterDesk } from './desk.ts'
import { readDeadLetter } from './read.ts'

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
  value: typeof letter?.value === 'string' ? Buffer.from(letter.value) : (letter?.value ?? new Uint8Array()),
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
    expect(JSON.stringify(letter?.headers).length).toBeLessThan(32_768)
  })

  test('keeps the body as it came, and says when it kept only the beginning', () => {
    const [whole] = deadLetters('calls', [refused(aMessage())])
    expect(whole?.value).toEqual(aMessage().value)
    const [cut] = deadLetters('calls', [refused(aMessage({ value: new Uint8Array(3_000_000) }))])
    expect(cut?.value).toHaveLength(maxBodyBytes)
    expect(readDeadLetter(asRead(cut))?.whole).toBe(false)
  })

  test('puts nothing of the body, and no line breaks, into headers', () => {
    const [letter] = deadLetters('calls', [refused(aMessage({ headers: { 'x-user': 'secret' } }), 'two\r\nlines')])
    const headers = JSON.stringify(letter?.headers)
    expect(headers).not.toMatch(/1234567|secret/)
    expect(letter?.headers?.['callscope-detail']).toBe('two lines')
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
      append: async (more) => void appended.push(...more),
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

  test('replays a message as it came: topic, key, headers and bytes', async () => {
    const headers = { [recordHeaders.tenant]: 'acme', ce_id: 'e-1', 'content-type': 'application/json' }
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
