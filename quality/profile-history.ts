import { defaultProfile, type QualityProfile } from './profile.ts'

/** A profile of a tenant, and when it begins to hold, epoch milliseconds: until the next one does. */
export interface DatedProfile {
  readonly validFromMs: number
  readonly profile: QualityProfile
}

/** The profile that holds at a moment: of those valid by then the one that began last, before the first the default. */
export function profileAt(history: readonly DatedProfile[], atMs: number): QualityProfile {
  let last: DatedProfile | undefined
  for (const dated of history) {
    if (dated.validFromMs <= atMs && (last === undefined || dated.validFromMs >= last.validFromMs)) last = dated
  }
  return last?.profile ?? defaultProfile
}
