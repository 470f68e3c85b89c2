import type { LogRecord } from '#contracts/event-log.ts'
import { type Outcome, park } from '#contracts/outcome.ts'
import { recordHeaders, type TimeWindows } from '#contracts/pipeline.ts'

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
 * dumps do not vanish on arrival.
 */
export const expiresAtSeconds = (timeMs: number, record: LogRecord, windows: TimeWindows): number =>
  Math.floor((Math.max(timeMs, record.logTimeMs) + windows.retentionMs) / 1_000)
