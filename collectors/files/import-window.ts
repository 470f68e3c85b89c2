import type { ParkReason } from '#contracts/outcome.ts'

/** Why a time cannot be believed, or undefined where it can. */
export interface DistrustedTime {
  readonly reason: Extract<ParkReason, 'too_old' | 'too_far_ahead' | 'invalid_schema'>
  readonly detail: string
}

/** Judges the event times of an import, epoch milliseconds (docs/architecture.md, promise 6: imports have their own window). */
export type ImportWindow = (timeMs: unknown) => DistrustedTime | undefined

export function createImportWindow({
  floorMs,
  ceilingMs,
}: {
  readonly floorMs: number
  readonly ceilingMs: number
}): ImportWindow {
  return function judge(timeMs) {
    if (typeof timeMs !== 'number' || !Number.isFinite(timeMs)) {
      return { reason: 'invalid_schema', detail: 'time: must be epoch milliseconds' }
    }
    if (timeMs < floorMs) return { reason: 'too_old', detail: `time: is before ${new Date(floorMs).toISOString()}` }
    if (timeMs > ceilingMs) return { reason: 'too_far_ahead', detail: 'time: lies in the future of this import' }
    return undefined
  }
}
