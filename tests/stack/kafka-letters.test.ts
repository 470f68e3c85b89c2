import { randomUUID } from 'node:crypto'
import { ConfigResourceTypes } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { openTopicsAdmin } from '#collectors/kafka/topics.ts'
import { wantedTopics } from '#collectors/kafka/wanted-topics.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { createLetterDesk } from '#sinks/dead-letter/desk.ts'
import { forgetLetters } from '#sinks/dead-letter/forget.ts'
import { broker, openLog } from './kafka-for-tests.ts'

const topic = topicNames.deadLetter
const message = (offset: number, value: string): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset, logTimeMs: Date.now(), key: 'c', headers: {}, value },
})
const letterOf = (offset: number, value: string) =>
  deadLetters('calls', [{ record: message(offset, value), reason: 'malformed_json', detail: 'value: not JSON' }])
const namesErased = (record: LogRecord): boolean => textOf(record).includes('alice')

test('a letter that is superseded by one without its message goes when the broker compacts the topic', async () => {
  const prefix = `letters-${randomUUID()}-`
  const settings = { topicPrefix: prefix, replication: 1 }
  const { log, admin, dispose } = await openLog([], settings)
  onTestFinished(dispose)
  const config = kafkaConfig.parse({ brokers: [broker], ...settings })
  const topics = openTopicsAdmin(config, { trouble: () => {}, client: () => {} })
  onTestFinished(() => topics.close())
  const wanted = wantedTopics(config, 30 * 86_400_000).filter(({ isCompacted }) => isCompacted)
  expect(await topics.create(wanted)).toEqual({ created: [prefix + topic], findings: [] })
  expect(await topics.retentionMs(prefix + topic)).toBe(31 * 86_400_000)
  // What is a day in earnest.
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        ...{ type: ConfigResourceTypes.TOPIC, name: prefix + topic },
        configEntries: [
          { name: 'cleanup.policy', value: 'compact,delete' },
          { name: 'max.compaction.lag.ms', value: '1000' },
          { name: 'segment.ms', value: '1000' },
          { name: 'message.timestamp.type', value: 'LogAppendTime' },
        ],
      },
    ],
  })
  for (const [offset, value] of ['alice', 'bob'].entries()) await log.append(letterOf(offset, value))
  expect(await forgetLetters({ log, namesErased })).toBe(1)
  const bodies = async () => {
    const [extent] = await log.extent(topic)
    return extent === undefined ? [] : (await log.read({ ...extent, offset: extent.start }, 1_000)).map(textOf).join()
  }
  expect(await bodies()).toContain('alice')
  // The segment that is written to is never compacted: it takes another letter for a new one to begin.
  let more = 2
  await expect
    .poll(
      async () => {
        await log.append(letterOf(more++, 'carol'))
        return bodies()
      },
      { timeout: 90_000, interval: 2_000 },
    )
    .not.toContain('alice')
  expect(await bodies()).toContain('bob')
  // Offsets have gaps now: every letter is still listed, each once.
  const { letters } = await createLetterDesk(log).list({ limit: 1_000 })
  expect(letters.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(Array.from({ length: more }, (_, n) => n))
  expect(letters.filter(({ erased }) => erased).map(({ offset }) => offset)).toEqual([0])
})
