import { expect, test } from 'vitest'
import type { EventLog, LogRecord, NewRecord } from '#contracts/event-log.ts'
import { textOf } from '#contracts/event-log.ts'
import { deadLetters } from './build.ts'
import { createLetterDesk } from './desk.ts'
import { forgetLetters } from './forget.ts'

const message = (offset: number, value: string): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset, logTimeMs: 5, key: 'c-1' },
  headers: { 'callscope-tenant': 'acme', ce_subject: 'alice' },
  value,
})
const refused = (record: LogRecord) => ({ record, reason: 'invalid_schema' as const, detail: 'from: too long' })
const namesErased = (record: LogRecord): boolean => textOf(record).includes('alice')

/** A topic that only grows, as Kafka's. */
function aTopic(letters: readonly NewRecord[]) {
  const records: LogRecord[] = []
  const append = async (more: readonly NewRecord[]) => {
    for (const { headers = {}, ...record } of more)
      records.push({ ...record, headers, partition: 0, offset: records.length, logTimeMs: 9 })
  }
  void append(letters)
  const log: Pick<EventLog, 'append' | 'read' | 'extent'> = {
    append,
    read: async ({ offset }, limit) => records.filter((record) => record.offset >= offset).slice(0, limit),
    extent: async (topic) => [{ topic, partition: 0, start: 0, end: records.length }],
  }
  return { log, records }
}

const letters = deadLetters(
  'calls',
  Array.from({ length: 70 }, (_, at) => refused(message(at, at % 35 === 0 ? 'alice' : 'bob'))),
)

test('where a record cannot be changed, a letter without its message comes under the same key, once', async () => {
  const { log, records } = aTopic(letters)
  expect(await forgetLetters({ log, namesErased })).toBe(2)
  const added = records.slice(70)
  expect(added.map(({ key }) => key)).toEqual(['call-events/0/0/calls', 'call-events/0/35/calls'])
  expect(JSON.stringify(added.map(textOf))).not.toMatch(/alice|c-1/)
  // The older ones still lie there, until the topic is compacted: shown to nobody.
  const desk = createLetterDesk(log, namesErased)
  for (const id of ['0-0', '0-70']) {
    expect(await desk.show(id)).toMatchObject({ erased: true, body: '', detail: 'from: too long', tenant: 'acme' })
    expect(await desk.replay(id)).toBe('erased')
  }
  expect(await desk.show('0-1')).toMatchObject({ erased: false, body: 'bob' })
})

test('where it can, the message is taken out in its place', async () => {
  const { log, records } = aTopic(letters)
  const replaced: number[] = []
  const replace = async ({ offset }: { readonly offset: number }, value: Uint8Array) => {
    replaced.push(offset)
    records[offset] = { ...(records[offset] as LogRecord), value }
  }
  expect(await forgetLetters({ log, namesErased, replace })).toBe(2)
  expect(await forgetLetters({ log, namesErased, replace })).toBe(0)
  expect([replaced, records.length]).toEqual([[0, 35], 70])
  expect(await createLetterDesk(log).show('0-35')).toMatchObject({ erased: true, body: '' })
})

test('a message that is refused again after its person was erased makes a letter without it', () => {
  const [letter] = deadLetters('calls', [refused(message(0, 'alice'))], namesErased)
  expect(textOf(letter ?? { value: '' })).not.toMatch(/alice|c-1/)
  expect(letter?.headers).toMatchObject({ 'callscope-reason': 'invalid_schema' })
})
