/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A record on its way into the log. */
export interface NewRecord {
  readonly topic: string
  /** Decides the partition (murmur2, Kafka's default) unless `partition` is given. Without both: spread evenly. */
  readonly key: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly value: string | Uint8Array
  readonly partition?: number
}

/** A record as the log keeps it. `logTimeMs` is when the log took it (LogAppendTime), epoch milliseconds. */
export interface LogRecord extends TopicPartition {
  readonly offset: number
  readonly logTimeMs: number
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  /** UTF-8, or whatever bytes were appended. A log that knows it to be text may give text, which saves making bytes of it. */
  readonly value: string | Uint8Array
  /**
   * `logTimeMs` is what the producer said (CreateTime on Kafka), at most the log's present: such times may fall within a
   * partition, and lie behind the moment at which the log took the record.
   */
  readonly isProducersTime?: true
  /** Only of a replayed message on its way through decoding, where `logTimeMs` is when it was first taken: when it was taken again. */
  readonly replayedMs?: number
}

const utf8 = new TextEncoder()

/** A record's value as bytes, whatever the log gave. */
export const bytesOf = ({ value }: Pick<LogRecord, 'value'>): Uint8Array =>
  typeof value === 'string' ? utf8.encode(value) : value

/** A record's value as text; bytes that are no UTF-8 become replacement characters. */
export const textOf = ({ value }: Pick<LogRecord, 'value'>): string =>
  typeof value === 'string' ? value : new TextDecoder().decode(value)

export interface AssignedPartition extends TopicPartition {
  /** The group's committed offset (the next to read) when this partition was assigned; undefined: none was ever committed, or it is lost. */
  readonly committed: number | undefined
}

/** Where this member stands in one assigned partition after a poll. */
export interface Position extends TopicPartition {
  /** Offset of the next record this member will be given. */
  readonly next: number
  /** Offset that the next appended record will get. `next === end` means read to its end. */
  readonly end: number
  /**
   * Log time as of which `end` is known; undefined: as of `logNowMs`. It stands still while whoever knows the end cannot be
   * asked: what is past it may hold records that nobody has seen, whatever other partitions bring.
   */
  readonly endAsOfMs?: number
}

/** What one `poll` brought. Records of one partition are in offset order. */
export interface Polled {
  /** Rises with every change of the group's members. Pass it to `commit`. */
  readonly generation: number
  readonly assignment: readonly AssignedPartition[]
  readonly records: readonly LogRecord[]
  readonly positions: readonly Position[]
  /** The log's present time, epoch milliseconds, never behind a `logTimeMs` already handed out. */
  readonly logNowMs: number
  /** What retention took before this group read it, told once by whoever finds it: so many offsets at most. */
  readonly trimmed?: readonly (TopicPartition & { readonly records: number })[]
}

/** Log time as of which a position's `end` is known. */
export const endAsOf = ({ endAsOfMs }: Position, { logNowMs }: Pick<Polled, 'logNowMs'>): number =>
  endAsOfMs ?? logNowMs

export interface PollLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  /** Returns empty after this long without records. */
  readonly waitMs: number
  /** Partitions not to read from now (back-pressure). They stay assigned. */
  readonly paused?: readonly TopicPartition[]
}

/** One member of a consumer group. Not to be polled concurrently. */
export interface Membership {
  /** The next records of the assigned partitions. After `signal` aborts it returns at once, empty. */
  poll(limits: PollLimits, signal?: AbortSignal): Promise<Polled>
  /**
   * Durably note that all before each offset is dealt with. `stale`: the generation has passed, nothing was
   * committed; what this member had in hand will be given to somebody (or to itself) again.
   */
  commit(
    offsets: readonly (TopicPartition & { readonly offset: number })[],
    generation: number,
  ): Promise<'committed' | 'stale'>
  /** Go back (or on) to an offset of a partition that is assigned now. */
  seek(position: TopicPartition & { readonly offset: number }): void
  leave(): Promise<void>
}

export interface GroupOptions {
  readonly group: string
  readonly topics: readonly string[]
}

/**
 * The event log: Kafka, or the embedded SQLite one. Partitioned, ordered within a partition, at least once.
 * A narrow port, so that the client library behind it can be replaced.
 */
export interface EventLog {
  /** Resolves once every record is durable. All or nothing per call on the embedded log; at least once on Kafka. */
  append(records: readonly NewRecord[]): Promise<void>
  join(options: GroupOptions): Promise<Membership>
  /** Read without a group: for dead letters and tools. */
  read(from: TopicPartition & { readonly offset: number }, limit: number): Promise<readonly LogRecord[]>
  /** First and next offset of each partition of a topic. */
  extent(topic: string): Promise<readonly (TopicPartition & { readonly start: number; readonly end: number })[]>
  close(): Promise<void>
}

/** How far a group is behind in one partition. */
export interface GroupLag extends TopicPartition {
  /** The next to read; undefined: the group never committed here. */
  readonly committed: number | undefined
  readonly end: number
  /** Records the group has not dealt with. All that is there, if it never committed. */
  readonly lag: number
  /** Age of the next of them by the log's own time; 0 where there is none, undefined where it could not be read. */
  readonly seconds?: number | undefined
}

/** What an operator, or the composition root, asks a log beside reading and writing it. */
export interface LogWatch {
  /** Of every partition that the group subscribes to now or has committed in. */
  lag(group: string): Promise<readonly GroupLag[]>
  /** `ok`, or in words what is waited for: which broker, which topic. Never throws. */
  health(): Promise<string>
  /** What works, and not as well as it should, in words. */
  notes?(): readonly string[]
}

export interface TopicDefinition {
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number
}
