import type { AuditReader, Difference } from '#contracts/audit.ts'
import type { Change } from '#contracts/changes.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { type CallRow, type CallWriter, type MemberKey, memberText } from '#contracts/summaries.ts'
import { announcements } from './announce.ts'
import { pause } from './pause.ts'

export interface AuditorParts {
  readonly reader: AuditReader
  /** Folds these calls again from what is stored, writing nothing. */
  readonly foldAgain: (members: readonly MemberKey[], logNowMs: number) => Promise<readonly CallRow[]>
  readonly log: Pick<EventLog, 'append'>
  readonly writer: Pick<CallWriter, 'appendPlaces'>
  /** True when nothing has waited to be computed for long: only then does a difference that two looks have seen mean anything. */
  readonly idle: () => Promise<boolean>
  readonly logNow: () => number
  readonly found: (differences: readonly Difference[]) => void
  /** Told of each first look at a slice of time. */
  readonly looked?: (look: { readonly atMs: number; readonly rawRows: number; readonly countedRows: number }) => void
  readonly pace?: Partial<AuditorPace>
}

export interface AuditorPace {
  readonly lookEveryMs: number
  /** Event time that one look covers; looks go round the last `rangeMs`. */
  readonly sliceMs: number
  readonly rangeMs: number
  /** Younger minutes may still be filling. */
  readonly settledAfterMs: number
  /** Settled records that one look folds again. */
  readonly recordsPerLook: number
}

export const defaultAuditorPace: AuditorPace = {
  lookEveryMs: 60_000,
  sliceMs: 10 * 60_000,
  rangeMs: 24 * 3_600_000,
  settledAfterMs: 10 * 60_000,
  recordsPerLook: 500,
}

export interface Auditor {
  /** Everything in [from, to) that does not follow from raw, as it stands now. */
  look(fromMs: number, toMs: number): Promise<readonly Difference[]>
  /** Goes round the settled past, two looks at each slice; what both saw is counted and announced. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Looks whether what is derived follows from raw: row counts and checksums of minutes, exactly one live record per
 * correlation id, settled records equal to what folding them again gives. Finds nothing on a sound install.
 */
export function createAuditor(parts: AuditorParts): Auditor {
  const pace = { ...defaultAuditorPace, ...parts.pace }

  async function look(fromMs: number, toMs: number): Promise<readonly Difference[]> {
    const now = parts.logNow()
    return [
      ...(await parts.reader.minutes(fromMs, toMs, now)),
      ...(await parts.reader.records(fromMs, toMs)),
      ...(await changedRecords(parts, fromMs, toMs, pace.recordsPerLook)),
    ]
  }

  async function firstLook(fromMs: number, toMs: number): Promise<readonly Difference[]> {
    const { raw, counted } = await parts.reader.rows(fromMs, toMs)
    parts.looked?.({ atMs: parts.logNow(), rawRows: raw, countedRows: counted })
    return look(fromMs, toMs)
  }

  return {
    look,
    async run(signal) {
      let fromMs = 0
      while (!signal.aborted) {
        const untilMs = parts.logNow() - pace.settledAfterMs
        if (fromMs < untilMs - pace.rangeMs || fromMs + pace.sliceMs > untilMs) fromMs = untilMs - pace.rangeMs
        const first = (await parts.idle()) ? await firstLook(fromMs, fromMs + pace.sliceMs) : []
        await pause(pace.lookEveryMs, signal)
        if (first.length > 0 && !signal.aborted && (await parts.idle())) {
          const again = new Set((await look(fromMs, fromMs + pace.sliceMs)).map(textOf))
          await report(
            first.filter((difference) => again.has(textOf(difference))),
            parts,
          )
        }
        fromMs += pace.sliceMs
      }
    },
  }
}

const textOf = ({ kind, tenant, id, seen }: Difference): string => `${kind} ${memberText({ tenant, id })} ${seen}`

/** Counted, and announced for repair. A record at a place nobody knows of is given one, so that it can be taken away. */
async function report(differences: readonly Difference[], { found, log, writer }: AuditorParts): Promise<void> {
  if (differences.length === 0) return
  found(differences)
  const strays = differences.flatMap(({ places }) => places)
  if (strays.length > 0) await writer.appendPlaces(strays)
  await log.append(announcements(differences.map(repairOf)))
}

const repairOf = ({ tenant, id, minutes }: Difference): Change => ({
  tenant,
  id,
  minutes,
  rescore: false,
  cumulative: true,
  urgency: 'now',
  worst: 0,
})

async function changedRecords(
  { reader, foldAgain, logNow }: AuditorParts,
  fromMs: number,
  toMs: number,
  limit: number,
): Promise<readonly Difference[]> {
  const settled = await reader.settled(fromMs, toMs, limit, logNow())
  if (settled.length === 0) return []
  const folded = new Map((await foldAgain(settled, logNow())).map((row) => [memberText(row.record), row]))
  return settled.flatMap(({ tenant, id, version, record }): readonly Difference[] => {
    const again = folded.get(memberText({ tenant, id }))
    if (again !== undefined && JSON.stringify(again.record) === record) return []
    return [{ kind: 'changed_record', tenant, id, minutes: [], seen: `version ${version}`, places: [] }]
  })
}
