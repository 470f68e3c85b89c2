import type { TopicDefinition, TopicPartition } from '#contracts/event-log.ts'
import type { LogFile } from './log-file.ts'

/** One partition as this process knows it. All offsets below `start` are trimmed, all below `end` durable. */
export interface Partition extends TopicPartition {
  readonly id: number
  start: number
  /** Offset of the next record, as readers see it: everything before it is committed. */
  end: number
  /** Offset of the next record including those of the transaction under way. */
  tail: number
}

export interface Partitions {
  readonly topics: readonly TopicDefinition[]
  /** Of the topics named, not of others that an older configuration left in the file. */
  readonly all: readonly Partition[]
  /** A topic's partitions by number. Throws on a topic that this log does not have. */
  of(topic: string): readonly Partition[]
  find(place: TopicPartition): Partition
}

/** Creates what is missing. A topic may gain partitions over time but never lose one. */
export function openPartitions(file: LogFile, topics: readonly TopicDefinition[]): Partitions {
  const stored = file.transaction(() => {
    for (const { name, partitions } of topics) ensureTopic(file, name, partitions)
    return load(file)
  })
  const byTopic = new Map(topics.map(({ name }) => [name, stored.filter(({ topic }) => topic === name)]))

  function of(topic: string): readonly Partition[] {
    const partitions = byTopic.get(topic)
    if (partitions !== undefined) return partitions
    throw new Error(`The event log has no topic '${topic}'. It has: ${[...byTopic.keys()].join(', ')}.`)
  }

  return {
    topics,
    all: [...byTopic.values()].flat(),
    of,
    find({ topic, partition }) {
      const found = of(topic)[partition]
      if (found !== undefined) return found
      throw new Error(`Topic '${topic}' has partitions 0 to ${of(topic).length - 1}, not ${partition}.`)
    },
  }
}

function ensureTopic({ db, path }: LogFile, topic: string, wanted: number): void {
  const count = Number(db.prepare('SELECT count(*) AS n FROM partitions WHERE topic = ?').get(topic)?.n)
  if (count > wanted) {
    throw new Error(`Topic '${topic}' has ${count} partitions in ${path}; it cannot shrink to ${wanted}.`)
  }
  const insert = db.prepare('INSERT INTO partitions (topic, partition) VALUES (?, ?) RETURNING id')
  for (let partition = count; partition < wanted; partition += 1) {
    const id = Number(insert.get(topic, partition)?.id)
    // A table per partition: every insert goes to the right edge of its b-tree, which fills pages whole
    // (measured: half as fast again as one table for all, both to append and to read).
    db.exec(`CREATE TABLE ${recordsTable(id)} (
      log_offset INTEGER PRIMARY KEY, log_time_ms INTEGER NOT NULL, key TEXT, headers TEXT, value BLOB NOT NULL)`)
  }
}

function load({ db }: LogFile): Partition[] {
  const rows = db.prepare('SELECT id, topic, partition, start_offset FROM partitions ORDER BY topic, partition').all()
  return rows.map((row) => {
    const id = Number(row.id)
    const start = Number(row.start_offset)
    const last = db.prepare(`SELECT max(log_offset) AS last FROM ${recordsTable(id)}`).get()?.last
    // A partition trimmed to empty goes on where it was: its start is where the next record goes.
    const end = typeof last === 'number' ? last + 1 : start
    return { id, topic: String(row.topic), partition: Number(row.partition), start, end, tail: end }
  })
}

export const recordsTable = (id: number): string => `records_${id}`
