/**
 * Versions that were seen, so that none is read again and none is missed: a recompute takes its version before it reads,
 * and may be done long after others with higher versions.
 */
export interface VersionBook {
  /** Every version at or below is known. */
  readonly above: number
  /** The greatest version seen. */
  readonly newest: number
  /** Versions above that need not be read again. */
  settled(nowMs: number): readonly number[]
  see(version: number, nowMs: number): void
}

export interface BookPace {
  /** How long after a higher version a lower one may still turn up. A recompute has a budget of 60 s. */
  readonly lateMs: number
  /** Rows of one version are stored in one insert, but in several parts, one after another. */
  readonly wholeAfterMs: number
  /** Versions kept; beyond, the oldest count as known. */
  readonly maxVersions: number
}

export const defaultBookPace: BookPace = { lateMs: 60_000, wholeAfterMs: 2_000, maxVersions: 4_000 }

export function createVersionBook(above: number, pace: BookPace = defaultBookPace): VersionBook {
  const seenAt = new Map<number, number>()
  let floor = above
  let newest = above

  /** In order of being seen: the first are the oldest. */
  function forget(nowMs: number): void {
    for (const [version, atMs] of seenAt) {
      // Either way: of a clock that steps back no version would be old until it has caught up.
      if (Math.abs(nowMs - atMs) < pace.lateMs && seenAt.size <= pace.maxVersions) break
      seenAt.delete(version)
      floor = Math.max(floor, version)
    }
    for (const version of seenAt.keys()) if (version <= floor) seenAt.delete(version)
  }

  return {
    get above() {
      return floor
    },
    get newest() {
      return newest
    },
    settled(nowMs) {
      forget(nowMs)
      return [...seenAt].filter(([, atMs]) => Math.abs(nowMs - atMs) >= pace.wholeAfterMs).map(([version]) => version)
    },
    see(version, nowMs) {
      if (version <= floor) return
      if (!seenAt.has(version)) seenAt.set(version, nowMs)
      newest = Math.max(newest, version)
    },
  }
}
