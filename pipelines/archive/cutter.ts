import type { Cut } from '#contracts/archive.ts'
import { believedAheadMs } from '#contracts/clock.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import { asFirstTaken } from '../replayed.ts'

/** A cut with its messages. Replayed ones are left out: they are in the archive already. */
export interface FullCut extends Cut {
  readonly records: readonly LogRecord[]
}

/** The open cut of one partition. */
export interface Cutter {
  /** Bytes that wait. */
  readonly bytes: number
  /** Takes the next message; returns the cut that it does not belong to any more. */
  take(record: LogRecord): FullCut | undefined
  /** The cut, if its window has passed and so nothing can belong to it any more. To be asked at the partition's end. */
  closed(logNowMs: number): FullCut | undefined
  /** The cut as it is. */
  close(): FullCut | undefined
}

export interface CutRules {
  /** Messages of one window of log time are cut together, milliseconds. */
  readonly windowMs: number
  /** Messages of one cut, at most: keys, headers and bodies. */
  readonly maxBytes: number
}

/** The log's clock and the reader's differ by less than this: a window is left open for so long. */
const graceMs = 5_000

/**
 * Cuts a partition where the log alone says so: where a window of log time begins, and where a message would make the cut
 * too large. Read again from the same offset, whenever and in whatever pieces, the same messages are cut at the same places.
 */
export function createCutter(
  { windowMs, maxBytes }: CutRules,
  start: Pick<Cut, 'topic' | 'partition' | 'epoch' | 'fromOffset'>,
): Cutter {
  let fromOffset = start.fromOffset
  let toOffset = fromOffset
  let window = 0
  let lastLogMs = 0
  let records: LogRecord[] = []
  let bytes = 0

  function close(): FullCut | undefined {
    if (toOffset === fromOffset) return undefined
    const cut = { ...start, fromOffset, toOffset, lastLogMs, records }
    fromOffset = toOffset
    records = []
    bytes = 0
    return cut
  }

  return {
    get bytes() {
      return bytes
    },
    take(record) {
      if (record.offset < toOffset) return undefined // given again
      const size = sizeOf(record)
      const at = Math.floor(record.logTimeMs / windowMs)
      // A broker that takes over may have an earlier clock: such messages stay with the window that they came into.
      // One that begins far later than this message was none: it came from a clock that was wrong, and would stay open for long.
      const isNoWindow = window * windowMs - record.logTimeMs > believedAheadMs
      const done = at > window || isNoWindow || bytes + size > maxBytes ? close() : undefined
      window = isNoWindow ? at : Math.max(window, at)
      toOffset = record.offset + 1
      lastLogMs = record.logTimeMs
      if (asFirstTaken(record) === record) {
        records.push(record)
        bytes += size
      }
      return done
    },
    closed: (logNowMs) => (logNowMs >= (window + 1) * windowMs + graceMs ? close() : undefined),
    close,
  }
}

/** What is beside the text: objects, and numbers. */
const overheadBytes = 200

function sizeOf({ key, headers, value }: LogRecord): number {
  let size = overheadBytes + (key?.length ?? 0) + (typeof value === 'string' ? Buffer.byteLength(value) : value.length)
  for (const name in headers) size += name.length + (headers[name]?.length ?? 0)
  return size
}
