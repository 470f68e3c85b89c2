import type { LogRecord } from '#contracts/event-log.ts'
import { type Outcome, park } from '#contracts/outcome.ts'
import { leastRetentionDays, recordHeaders, type TimeWindows } from '#contracts/pipeline.ts'

const tooFarAhead = park(
  'too_far_ahead',
  'time: further ahead of the log than allowed; check the clock of the producer',
)
const tooOld = park('too_old', 'time: older than live events may be; old data comes in with `callscope import`')
const beforeImports = park('too_old', 'time: before the first date that imports may carry; check its unit')

/**
 * Whether an event time (epoch milliseconds) may come in with this record, judged by the log time, never by a clock:
 * a replay decides alike. Undefined: it may. Records of an import or replay have a window of their own.
 */
export function refusedTime(timeMs: number, record: LogRecord, windows: TimeWindows): Outcome<never> | undefined {
  if (timeMs > record.logTimeMs + windows.maxAheadMs) return tooFarAhead
  if (record.headers[recordHeaders.run] !== undefined) return timeMs < windows.importFloorMs ? beforeImports : undefined
  return timeMs < record.logTimeMs - windows.maxAgeMs ? tooOld : undefined
}

/**
 * When a row may go, epoch seconds: retention counts from the later of event and log time, so that imports of old
 * dumps do not vanish on arrival. A replayed row goes when it would have gone; where that has passed, or comes so soon that
 * its call would be frozen before all of it is back, retention counts from the replay.
 */
export function expiresAtSeconds(timeMs: number, record: LogRecord, windows: TimeWindows): number {
  const atMs = Math.max(timeMs, record.logTimeMs) + windows.retentionMs
  const soon = record.replayedMs !== undefined && atMs < record.replayedMs + leastAfterReplayMs
  return Math.floor((soon ? record.replayedMs + windows.retentionMs : atMs) / 1_000)
}

/** Records are frozen two days before their first row goes: a replay has a day to bring all of a call back. */
const leastAfterReplayMs = leastRetentionDays * 86_400_000
