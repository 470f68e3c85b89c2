import type { Difference, SettledCall } from '#contracts/audit.ts'
import { type CallRow, type MemberKey, memberText } from '#contracts/summaries.ts'

export interface RefoldParts {
  /** Folds these calls again from what is stored, writing nothing. */
  readonly foldAgain: (members: readonly MemberKey[], logNowMs: number) => Promise<readonly CallRow[]>
  readonly logNow: () => number
}

/**
 * Those that folding again makes otherwise. A record of another version of the formulas is not compared: it says what those
 * made of the call, and stays until something of the call changes.
 */
export async function changedAmong(
  settled: readonly SettledCall[],
  { foldAgain, logNow }: RefoldParts,
): Promise<readonly Difference[]> {
  if (settled.length === 0) return []
  const folded = new Map((await foldAgain(settled, logNow())).map((row) => [memberText(row.record), row]))
  return settled.flatMap(({ tenant, id, version, record }): readonly Difference[] => {
    const again = folded.get(memberText({ tenant, id }))
    if (again !== undefined && isSame(record, again)) return []
    return [{ kind: 'changed_record', tenant, id, minutes: [], seen: `version ${version}`, places: [] }]
  })
}

function isSame(stored: string, { record }: CallRow): boolean {
  if (JSON.stringify(record) === stored) return true
  return (JSON.parse(stored) as Partial<CallRow['record']>).formulaVersion !== record.formulaVersion
}
