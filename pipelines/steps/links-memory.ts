/** One batch's part of the memory: what was written with it. */
export interface LinkBatch {
  /** The store has acknowledged the batch. Without this call nothing of it is remembered. */
  confirm(): void
}

/**
 * Remembers which links are stored, so that a call's thousands of samples do not write its links thousands of times.
 * Links noted count as stored within their own batch (its rows go together), and afterwards only once it is confirmed.
 */
export interface LinkMemory {
  /** Starts a batch; everything noted from here on belongs to it. One abandoned is simply never confirmed. */
  begin(): LinkBatch
  isStored(bundle: string, expiresAtSeconds: number): boolean
  note(bundle: string, expiresAtSeconds: number): void
}

/**
 * Links are written again when their expiry would move on by more than this. Stored ones thus expire at most a day
 * before the rows they came with, and within the two days for which records are frozen before raw expires.
 */
const refreshSeconds = 86_400

/**
 * A memory of at least `max / 2` and at most `max` bundles (about 250 bytes each), forgetting the longest unused:
 * two generations, the older dropped when the younger is full. A forgotten link is written again, which costs a row.
 */
export function createLinkMemory({ max }: { readonly max: number }): LinkMemory {
  const half = Math.max(1, Math.floor(max / 2))
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  let noted: Map<string, number> | undefined

  function remember(bundle: string, expiresAtSeconds: number): void {
    if (young.size >= half && !young.has(bundle)) {
      old = young
      young = new Map()
    }
    young.set(bundle, Math.max(expiresAtSeconds, young.get(bundle) ?? 0))
  }

  return {
    begin() {
      const own = new Map<string, number>()
      noted = own
      return {
        confirm() {
          for (const [bundle, expiresAtSeconds] of own) remember(bundle, expiresAtSeconds)
          own.clear()
        },
      }
    },
    isStored(bundle, expiresAtSeconds) {
      const least = expiresAtSeconds - refreshSeconds
      const recent = young.get(bundle)
      if (recent !== undefined && recent >= least) return true
      if ((noted?.get(bundle) ?? Number.NEGATIVE_INFINITY) >= least) return true
      const known = old.get(bundle)
      if (known === undefined || known < least) return false
      remember(bundle, known)
      return true
    },
    note(bundle, expiresAtSeconds) {
      noted?.set(bundle, expiresAtSeconds)
    },
  }
}
