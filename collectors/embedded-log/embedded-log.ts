import type { Clock } from '#contracts/clock.ts'
import type { EventLog, TopicDefinition } from '#contracts/event-log.ts'
import { createAppender } from './append.ts'
import { createGroupCommit } from './group-commit.ts'
import { createGroupCoordinator } from './group-coordinator.ts'
import { createGroupOffsets } from './group-offsets.ts'
import { type Durability, type LogFile, openLogFile } from './log-file.ts'
import { createLogTime, type LogTimeState, noteTimes } from './log-time.ts'
import { createMaintenance, type LogMaintenance } from './maintenance.ts'
import { joinGroup } from './membership.ts'
import { openPartitions, type Partition } from './partitions.ts'
import { createRecords, type Records } from './records.ts'
import { createTrim } from './retention.ts'
import { createRightTimes } from './right-times.ts'

export interface EmbeddedLogOptions {
  /** The SQLite file. Its folder is made if missing; `-wal` appears beside it. */
  readonly path: string
  readonly topics: readonly TopicDefinition[]
  readonly clock: Clock
  /** What an acknowledged append survives: `process` a SIGKILL, `power` the loss of power too (an fsync per commit). */
  readonly durability: Durability
  /** Treat the disk as full when the file would grow past this. */
  readonly maxFileBytes?: number
}

/** The event log of a one-process install. */
export interface EmbeddedLog extends EventLog, LogMaintenance {
  /** False in the first day of use after time has jumped by more than a day: nothing may go for its age then (log-time.ts). */
  mayDelete(): boolean
}

/** Open (or create) the log. It is this process's alone until `close`. Throws an error that names the path and the way out. */
export function createEmbeddedLog(options: EmbeddedLogOptions): EmbeddedLog {
  const file = openLogFile(options)
  try {
    return assemble(file, options)
  } catch (error) {
    file.db.close() // not a clean stop: the mark stays as it is
    throw error
  }
}

function assemble(file: LogFile, { topics, clock }: EmbeddedLogOptions): EmbeddedLog {
  let closed = false
  const isClosed = () => closed
  const partitions = openPartitions(file, topics)
  const records = createRecords(file)
  const logTime = createLogTime(clock, lastTimes(file, partitions.all, records))
  const offsets = createGroupOffsets(file, logTime)
  const coordinator = createGroupCoordinator(partitions)
  const groupCommit = createGroupCommit(file)
  const append = createAppender({ partitions, records, logTime, onAppended: coordinator.wakeAll })
  const rightTimes = createRightTimes({ file, partitions, records, logTime })
  rightTimes()
  // Asked for here, so that a jump over the time in which the log was closed is noticed whatever is done with it first.
  logTime.now()
  const trim = createTrim({ file, partitions, records, offsets, logTime, rightTimes, isClosed })

  function assertOpen(): void {
    if (closed) throw new Error(`The event log ${file.path} is closed.`)
  }

  return {
    ...createMaintenance({ file, partitions, records, offsets, coordinator, trim, assertOpen }),
    mayDelete: logTime.mayDelete,
    async append(batch) {
      assertOpen()
      if (batch.length === 0) return
      rightTimes()
      await groupCommit.write(append(batch))
    },
    async join(options) {
      assertOpen()
      return joinGroup(
        { partitions, records, offsets, coordinator, groupCommit, logTime, rightTimes, isClosed },
        options,
      )
    },
    async read(from, limit) {
      assertOpen()
      return records.read(partitions.find(from), from.offset, limit)
    },
    async extent(topic) {
      assertOpen()
      return partitions.of(topic).map(({ partition, start, end }) => ({ topic, partition, start, end }))
    },
    async close() {
      if (closed) return
      groupCommit.flush()
      closed = true
      coordinator.wakeAll()
      noteTimes(file, logTime.state())
      file.close()
    },
  }
}

/** Where the log's time and running time stood when it was last written to. */
function lastTimes(file: LogFile, partitions: readonly Partition[], records: Records): LogTimeState {
  const inRecords = partitions.map((partition) => records.logTimeMs(partition, partition.end - 1) ?? 0)
  const noted = file.db.prepare('SELECT max(running_ms) AS ms FROM commit_history').get()?.ms
  return {
    logTimeMs: Math.max(file.meta('last_log_time_ms') ?? 0, ...inRecords),
    runningMs: Math.max(file.meta('running_ms') ?? 0, typeof noted === 'number' ? noted : 0),
    keepsUntilMs: file.meta('keeps_until_running_ms') ?? 0,
    jumpMs: file.meta('jump_ms') ?? 0,
  }
}
