import type { EventLog, LogRecord, NewRecord, TopicPartition } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { withoutBody } from './build.ts'
import { originalRecord } from './read.ts'

/** Letters read at once: each may hold 1 MiB. */
const readAtOnce = 32

export interface ForgetLettersParts {
  readonly log: Pick<EventLog, 'append' | 'read' | 'extent'>
  /**
   * Puts another value in the place of a record, for good, where the log can. Where it cannot (Kafka), the letter is appended again
   * under its key, and the one before goes when the topic is compacted.
   */
  readonly replace?:
    | ((place: TopicPartition & { readonly offset: number }, value: Uint8Array) => Promise<void>)
    | undefined
  /** Whether a message, as it was sent, names somebody who was erased. */
  readonly namesErased: (record: LogRecord) => boolean
}

/** Takes the messages out of all letters that name somebody who was erased. Returns how many. Repeating it changes nothing more. */
export async function forgetLetters({ log, replace, namesErased }: ForgetLettersParts): Promise<number> {
  let forgotten = 0
  for (const { partition, start, end } of await log.extent(topicNames.deadLetter)) {
    let offset = start
    while (offset < end) {
      const records = await log.read({ topic: topicNames.deadLetter, partition, offset }, readAtOnce)
      const last = records.at(-1)
      if (last === undefined) break
      const named = records.filter((record) => record.offset < end && isNamed(record, namesErased))
      if (replace === undefined) await log.append(named.map(asNew).map(withoutBody))
      else for (const record of named) await replace(record, withoutBody(asNew(record)).value as Uint8Array)
      forgotten += named.length
      offset = last.offset + 1
    }
  }
  return forgotten
}

function isNamed(record: LogRecord, namesErased: (record: LogRecord) => boolean): boolean {
  const original = originalRecord(record)
  return original !== undefined && namesErased(original)
}

const asNew = ({ topic, key, headers, value, partition }: LogRecord): NewRecord => ({
  ...{ topic, key, headers, value, partition },
})
