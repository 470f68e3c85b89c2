import type { AuditMarks, AuditReader, Difference } from '#contracts/audit.ts'
import type { Change } from '#contracts/changes.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { type CallRow, type CallWriter, type MemberKey, memberText } from '#contracts/summaries.ts'
import { announcements } from './announce.ts'
import { changedAmong } from './audit-sweeps/refold.ts'
import type { Look, Sweep } from './audit-sweeps/round.ts'
import { createSweeps } from './audit-sweeps/sweeps.ts'
import { pause } from './pause.ts'

export interface AuditorParts {
  readonly reader: AuditReader
  /** Folds these calls again from what is stored, writing nothing. */
  readonly foldAgain: (members: readonly MemberKey[], logNowMs: number) => Promise<readonly CallRow[]>
  readonly log: Pick<EventLog, 'append'>
  readonly writer: Pick<CallWriter, 'appendPlaces'>
  /** Where sweeps go on after a restart. */
  readonly marks: AuditMarks
  /** True when nothing has waited to be computed for long: only then does a difference that two looks have seen mean anything. */
  readonly idle: () => Promise<boolean>
  readonly logNow: () => number
  readonly found: (differences: readonly Difference[]) => void
  /** Told of each first look at minutes that have just settled. */
  readonly looked?: (look: { readonly atMs: number; readonly rawRows: number; readonly countedRows: number }) => void
  /** A sweep has been round: everything there is was looked at within this time. */
  readonly swept?: (sweep: string, seconds: number) => void
  /** A look could not be taken; the next one goes on. */
  readonly retry?: (cause: Error) => void
  readonly pace?: Partial<AuditorPace>
}

/** What one round of looks takes in. Rows are what a look is for; reading in whole granules makes some tens of times as many. */
export interface AuditorPace {
  readonly lookEveryMs: number
  /** Event time of one look at minutes that have just settled. */
  readonly sliceMs: number
  /** Looks at fresh minutes that fall behind by more leave the rest to the sweep. */
  readonly behindMs: number
  /** Younger minutes may still be filling. */
  readonly settledAfterMs: number
  /** Ids whose minutes have just settled that one look follows; where there are more, it is now these, now those. */
  readonly idsPerLook: number
  /** Rows of older minutes that one look compares. */
  readonly minutesPerLook: number
  /** Places of ids that one look follows. */
  readonly placesPerLook: number
  /** Records whose places one look asks for. */
  readonly recordsPerLook: number
  /** Settled records that one look folds again. */
  readonly foldsPerLook: number
}

export const defaultAuditorPace: AuditorPace = {
  lookEveryMs: 60_000,
  sliceMs: 10 * 60_000,
  behindMs: 3_600_000,
  settledAfterMs: 10 * 60_000,
  idsPerLook: 10_000,
  minutesPerLook: 200_000,
  placesPerLook: 40_000,
  recordsPerLook: 10_000,
  foldsPerLook: 500,
}

export interface Auditor {
  /**
   * Everything in [from, to) that does not follow from raw, as it stands now, and ids of any time without a record or with
   * two. Reads all of that at once, and folds at most `foldsPerLook` records: for tests and by hand.
   */
  look(fromMs: number, toMs: number): Promise<readonly Difference[]>
  /** A whole round of every sweep, one look after another, from the beginning; nothing is counted or announced. */
  round(): Promise<readonly Difference[]>
  /** Looks at what has just settled and sweeps the rest, two looks at whatever differs; what both saw is counted and announced. */
  run(signal: AbortSignal): Promise<void>
}

/** A look that fails so often in a row (over its time, or its memory) is left for the next round. */
const patience = 3

/**
 * Looks whether what is derived follows from raw: row counts and checksums of minutes, exactly one live record per
 * correlation id, settled records equal to what folding them again gives. Finds nothing on a sound install.
 */
export function createAuditor(parts: AuditorParts): Auditor {
  const pace = { ...defaultAuditorPace, ...parts.pace }
  const { reader } = parts

  async function look(fromMs: number, toMs: number): Promise<readonly Difference[]> {
    const now = parts.logNow()
    const window = { fromMs, toMs }
    const settled = await reader.settled(window, pace.foldsPerLook, now)
    return [
      ...(await reader.minutes(window, now)).differences,
      ...(await reader.unrecorded({})),
      ...(await reader.unplaced(window)),
      ...(await reader.shared({})),
      ...(await changedAmong(settled, parts)),
    ]
  }

  /** One look of every sweep. Those that found something are given back, to be taken again. */
  async function lookAround(sweeps: readonly Sweep[], failures: Map<string, number>): Promise<readonly Seen[]> {
    const suspicious: Seen[] = []
    for (const sweep of sweeps) {
      let isLooking = false
      try {
        const again = await sweep.next()
        isLooking = true
        const differences = (await again?.()) ?? []
        await sweep.done()
        failures.delete(sweep.name)
        if (again !== undefined && differences.length > 0) suspicious.push({ again, differences })
      } catch (error) {
        parts.retry?.(error instanceof Error ? error : new Error('a look failed'))
        const times = (failures.get(sweep.name) ?? 0) + 1
        failures.set(sweep.name, times)
        // Where it stands still for ever, nothing behind it is looked at either.
        if (isLooking && times >= patience) await sweep.done().then(() => failures.delete(sweep.name), parts.retry)
      }
    }
    return suspicious
  }

  return {
    look,
    round: () => wholeRound(parts, pace),
    async run(signal) {
      const sweeps = createSweeps(parts, pace)
      const failures = new Map<string, number>()
      while (!signal.aborted) {
        const seen = (await parts.idle()) ? await lookAround(sweeps, failures) : []
        await pause(pace.lookEveryMs, signal)
        if (seen.length > 0 && !signal.aborted && (await parts.idle())) await lookAgain(seen, parts)
      }
    },
  }
}

async function wholeRound(parts: AuditorParts, pace: AuditorPace): Promise<readonly Difference[]> {
  const been = new Set<string>()
  const marks = new Map<string, string>()
  const inMemory: AuditMarks = {
    read: async () => marks,
    write: async (sweep, mark) => void marks.set(sweep, mark),
  }
  const { looked: _, ...quietly } = parts
  const sweeps = createSweeps({ ...quietly, marks: inMemory, swept: (sweep) => been.add(sweep) }, pace)
  const found = new Map<string, Difference>()
  for (const sweep of sweeps) {
    while (!been.has(sweep.name)) {
      const look = await sweep.next()
      for (const difference of (await look?.()) ?? []) found.set(textOf(difference), difference)
      await sweep.done()
      if (look === undefined) break
    }
  }
  return [...found.values()]
}

/** What one look saw, and how to look again. */
interface Seen {
  readonly again: Look
  readonly differences: readonly Difference[]
}

async function lookAgain(seen: readonly Seen[], parts: AuditorParts): Promise<void> {
  try {
    const lasting = new Map<string, Difference>()
    for (const { again, differences } of seen) {
      const still = new Set((await again()).map(textOf))
      for (const difference of differences)
        if (still.has(textOf(difference))) lasting.set(textOf(difference), difference)
    }
    await report([...lasting.values()], parts)
  } catch (error) {
    parts.retry?.(error instanceof Error ? error : new Error('a look failed'))
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
