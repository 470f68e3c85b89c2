import type { DeadLetter, DeadLetterDesk } from '#contracts/dead-letters.ts'
import type { EventLog, LogRecord } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { withoutBody } from './build.ts'
import { originalMessage, originalRecord, readDeadLetter, showDeadLetter } from './read.ts'

/** Letters read at once: each may hold 1 MiB, and a list shows no bodies. */
const readAtOnce = 32

interface Place {
  readonly partition: number
  readonly offset: number
}

type ReadLog = Pick<EventLog, 'read' | 'extent'>

const topic = topicNames.deadLetter

/** Reads and replays the dead-letter topic. A message that names somebody who was erased is shown to nobody, wherever it still lies. */
export function createLetterDesk(
  log: ReadLog & Pick<EventLog, 'append'>,
  namesErased: (record: LogRecord) => boolean = () => false,
): DeadLetterDesk {
  async function find(id: string): Promise<LogRecord | undefined> {
    const record = await recordAt(log, id)
    if (record === undefined) return undefined
    const original = originalRecord(record)
    return original !== undefined && namesErased(original)
      ? { ...record, ...withoutBody(record), partition: record.partition }
      : record
  }

  return {
    async list({ limit, cursor }) {
      const letters: DeadLetter[] = []
      const extents = [...(await log.extent(topic))].sort((a, b) => a.partition - b.partition)
      const from = placeOf(cursor ?? '')
      for (const { partition, start, end } of extents) {
        if (from !== undefined && partition < from.partition) continue
        const offset = partition === from?.partition ? Math.min(from.offset, end) : end
        const { letters: found, reached } = await backwards(log, { partition, offset, start }, limit - letters.length)
        letters.push(...found)
        if (letters.length >= limit && (reached > start || partition !== extents.at(-1)?.partition)) {
          return { letters, nextCursor: `${partition}-${reached}` }
        }
      }
      return { letters, nextCursor: undefined }
    },
    async show(id) {
      const record = await find(id)
      return record && showDeadLetter(record)
    },
    async replay(id) {
      const record = await find(id)
      const letter = record && readDeadLetter(record)
      if (record === undefined || letter === undefined) return 'not_found'
      if (letter.erased) return 'erased'
      const message = originalMessage(record)
      if (message === undefined) return 'cut'
      await log.append([message])
      return 'replayed'
    },
  }
}

async function recordAt(log: ReadLog, id: string): Promise<LogRecord | undefined> {
  const place = placeOf(id)
  if (place === undefined) return undefined
  const extent = (await log.extent(topic)).find(({ partition }) => partition === place.partition)
  if (extent === undefined || place.offset < extent.start || place.offset >= extent.end) return undefined
  const [record] = await log.read({ topic, ...place }, 1)
  return record?.offset === place.offset ? record : undefined
}

/** Letters of one partition from this offset backwards to `start`, at most `limit`, the latest first. */
async function backwards(
  log: ReadLog,
  { partition, offset: end, start }: Place & { readonly start: number },
  limit: number,
): Promise<{ letters: DeadLetter[]; reached: number }> {
  const letters: DeadLetter[] = []
  let reached = end
  while (reached > start && letters.length < limit) {
    const from = Math.max(start, reached - Math.min(readAtOnce, limit - letters.length))
    const records = await log.read({ topic, partition, offset: from }, reached - from)
    const read = records.filter(({ offset }) => offset < reached).map(readDeadLetter)
    letters.push(...read.filter((letter) => letter !== undefined).reverse())
    reached = from
  }
  return { letters, reached }
}

function placeOf(id: string): Place | undefined {
  const [, partition, offset] = /^(\d{1,9})-(\d{1,15})$/.exec(id) ?? []
  return partition === undefined ? undefined : { partition: Number(partition), offset: Number(offset) }
}
