import type { ArchivedObject } from '#contracts/archive.ts'
import type { Fetched } from '#sinks/archive/fetch-object.ts'

/** Why an object cannot be used. A closed set: it stands in reports as the reason. */
export type ObjectFault = 'checksum_mismatch' | 'missing' | 'must_be_restored_first' | 'expired'

/** Undefined: it is what was written. `expired`: it is gone, as it should be. */
export function faultOf(
  fetched: Fetched,
  { retentionUntilMs }: ArchivedObject,
  nowMs: number,
): ObjectFault | undefined {
  if (fetched.type === 'fetched') return undefined
  if (fetched.type === 'damaged') return 'checksum_mismatch'
  if (fetched.type === 'frozen') return 'must_be_restored_first'
  return retentionUntilMs <= nowMs ? 'expired' : 'missing'
}
