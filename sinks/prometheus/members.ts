/** The label values that one label may have. */
export interface Members {
  /** The value itself while there is room, else `other`; `unknown` for one that nobody stated. */
  labelOf(value: string | undefined): string
}

export interface MembersOptions {
  /** In the registry's order: the first `limit` of them always have their own label, whoever comes first. */
  readonly known: readonly string[]
  readonly limit: number
  /** Give room that is left to others as they come. Without it only known ones get a label of their own. */
  readonly learn?: boolean
}

/** Labels that several values share, and that are nobody's own: what no room was left for, and what nobody stated. */
export const sharedLabels = { other: 'other', unknown: 'unknown' } as const

/** Bounds a label: what its members are is decided by the registry and its budget, never by what is sent. */
export function createMembers({ known, limit, learn = false }: MembersOptions): Members {
  const members = new Set(known.slice(0, limit))
  return {
    labelOf(value) {
      if (value === undefined || value === '') return sharedLabels.unknown
      if (members.has(value)) return value
      if (!learn || members.size >= limit) return sharedLabels.other
      members.add(value)
      return value
    },
  }
}
