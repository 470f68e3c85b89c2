import type { Clock } from '#contracts/clock.ts'

export interface TraceBounds {
  /** True when a trace has room for one more span of so many bytes; the room is then taken. */
  takes(trace: string, bytes: number): boolean
  /** A new batch begins: spans are counted anew, and room that was never used is given back. */
  begin(): void
  /** What was taken is stored. */
  stored(trace: string, bytes: number): void
}

export interface TraceBoundsOptions {
  readonly spansPerBatch: number
  readonly clock: Clock
}

/** Tempo refuses a trace of over 5 MB (max_bytes_per_trace), and all of a push that holds one span too many of it. */
const maxTraceBytes = 4_500_000
/** About as long as Tempo holds a trace together after its last span. */
const rememberedMs = 10 * 60_000
/** About 150 bytes each. */
const maxTraces = 100_000

interface Size {
  bytes: number
  atMs: number
}

/** How much of each trace was sent of late: bounded, the trace longest silent is forgotten first. */
export function createTraceBounds({ spansPerBatch, clock }: TraceBoundsOptions): TraceBounds {
  const sizes = new Map<string, Size>()
  let batch = new Map<string, { spans: number; bytes: number }>()

  function storedBytes(trace: string): number {
    const size = sizes.get(trace)
    return size === undefined || Math.abs(clock() - size.atMs) > rememberedMs ? 0 : size.bytes
  }

  return {
    takes(trace, bytes) {
      const taken = batch.get(trace) ?? { spans: 0, bytes: 0 }
      if (taken.spans >= spansPerBatch || storedBytes(trace) + taken.bytes + bytes > maxTraceBytes) return false
      batch.set(trace, { spans: taken.spans + 1, bytes: taken.bytes + bytes })
      return true
    },
    begin() {
      batch = new Map()
    },
    stored(trace, bytes) {
      const before = storedBytes(trace)
      sizes.delete(trace) // put in last again, so that the first is always the one longest silent
      sizes.set(trace, { bytes: before + bytes, atMs: clock() })
      const [oldest] = sizes.keys()
      if (sizes.size > maxTraces && oldest !== undefined) sizes.delete(oldest)
    },
  }
}
