import type { LogRecord } from '#contracts/event-log.ts'
import { isReplayed, recordHeaders } from '#contracts/pipeline.ts'

/**
 * A replayed message as the log took it first, so that whoever decodes it decides as was decided then. Every other is given
 * back as it is. A log time that is no time, or later than the message itself, was not written by a replay of ours and
 * does not count.
 */
export function asFirstTaken(record: LogRecord): LogRecord {
  if (!isReplayed(record)) return record
  const firstMs = Number(record.headers[recordHeaders.logTime])
  if (!Number.isSafeInteger(firstMs) || firstMs <= 0 || firstMs > record.logTimeMs) return record
  return { ...record, logTimeMs: firstMs, replayedMs: record.logTimeMs }
}
