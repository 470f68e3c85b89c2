import { z } from 'zod'
import type { MinuteWindow } from '#contracts/audit.ts'
import { believedAheadMs } from '#contracts/clock.ts'
import type { AuditorPace, AuditorParts } from '../auditor.ts'
import { changedAmong } from './refold.ts'
import { createRound, type RoundParts, type Step, type Sweep } from './round.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

const memberMark = z.object({ tenant: z.string(), id: z.string() })
const recordMark = memberMark.extend({ atMs: z.number() })
const freshMark = z.object({ fromMs: z.number(), toMs: z.number(), after: memberMark.optional() })
const dayMark = z.object({ dayMs: z.number(), after: memberMark.optional() })
const versionMark = z.object({ version: z.number() })

type FreshMark = z.infer<typeof freshMark>
type VersionMark = z.infer<typeof versionMark>
type DayMark = z.infer<typeof dayMark>
type MemberMark = z.infer<typeof memberMark>
type RecordMark = z.infer<typeof recordMark>

/** What a sweep looks with. */
interface Sight extends Omit<AuditorParts, 'pace'> {
  readonly pace: AuditorPace
}

/**
 * All that the auditor does in a round, each bounded by rows and not by what the warehouse holds: two follow what is new
 * (minutes that have settled, records written since), four go through everything there is, in the order of its keys.
 */
export function createSweeps(parts: AuditorParts, pace: AuditorPace): readonly Sweep[] {
  const { marks, logNow, swept } = parts
  const make = <Mark>(round: Pick<RoundParts<Mark>, 'name' | 'mark' | 'step'>) =>
    createRound({ ...round, marks, logNow, swept })
  const sight = { ...parts, pace }
  return [
    make({ name: 'fresh_minutes', mark: freshMark, step: (mark) => freshMinutes(sight, mark) }),
    make({ name: 'fresh_records', mark: versionMark, step: (mark) => freshRecords(sight, mark) }),
    make({ name: 'minutes', mark: dayMark, step: (mark) => oldMinutes(sight, mark) }),
    make({ name: 'ids', mark: memberMark, step: (after) => ids(sight, after) }),
    make({ name: 'records', mark: recordMark, step: (after) => records(sight, after) }),
    make({ name: 'folds', mark: recordMark, step: (after) => folds(sight, after) }),
  ]
}

const settledUntil = ({ logNow, pace }: Sight) => Math.floor((logNow() - pace.settledAfterMs) / minuteMs) * minuteMs

async function freshMinutes(sight: Sight, mark: FreshMark | undefined): Promise<Step<FreshMark>> {
  const { reader, logNow, looked, pace } = sight
  const edgeMs = settledUntil(sight)
  // Ahead of what is settled is a mark that was set while a clock was wrong.
  const isAhead = mark !== undefined && mark.fromMs > edgeMs + believedAheadMs
  const isLost = mark === undefined || isAhead || mark.fromMs < edgeMs - pace.behindMs - pace.sliceMs
  const fromMs = isLost ? edgeMs - pace.sliceMs : mark.fromMs
  // Left behind, it goes on with the ids that come next, or the first ones alone would ever be looked at.
  const after = mark?.after
  // A window that is looked at in stretches stays as it was begun.
  const toMs = isLost || after === undefined ? Math.min(edgeMs, fromMs + pace.sliceMs) : mark.toMs
  if (toMs <= fromMs) return { next: { fromMs, toMs: fromMs } }
  const until = await reader.sampledEnd({ fromMs, toMs, after }, pace.idsPerLook)
  const window: MinuteWindow = { fromMs, toMs, after, until }
  let isAgain = false
  return {
    async look() {
      const { differences, rawRows, countedRows } = await reader.sampled(window, logNow())
      if (!isAgain) looked?.({ atMs: logNow(), rawRows, countedRows })
      isAgain = true
      return [...differences, ...(await reader.sampledUnrecorded(window))]
    },
    next: until === undefined ? { fromMs: toMs, toMs } : { fromMs, toMs, after: until },
  }
}

async function freshRecords(sight: Sight, mark: VersionMark | undefined): Promise<Step<VersionMark>> {
  const { reader, logNow, pace } = sight
  const version = await reader.newestVersion(mark?.version ?? 0)
  if (mark === undefined || version <= mark.version) return { next: mark ?? { version } }
  const written = { above: mark.version, upTo: version }
  return {
    look: async () => changedAmong(await reader.settledBy(written, pace.foldsPerLook, logNow()), sight),
    next: { version },
  }
}

async function oldMinutes(sight: Sight, mark: DayMark | undefined): Promise<Step<DayMark>> {
  const { reader, logNow, pace } = sight
  const edgeMs = settledUntil(sight)
  const days = (await reader.rawDays()).filter((day) => day < edgeMs)
  const day = days.find((one) => one >= (mark?.dayMs ?? 0))
  if (day === undefined) return { next: undefined }
  const after = day === mark?.dayMs ? mark.after : undefined
  const whole: MinuteWindow = { fromMs: day, toMs: Math.min(day + dayMs, edgeMs), after }
  const until = await reader.minutesEnd(whole, pace.minutesPerLook)
  return {
    look: async () => (await reader.minutes({ ...whole, until }, logNow())).differences,
    next: until !== undefined ? { dayMs: day, after: until } : day === days.at(-1) ? undefined : { dayMs: day + dayMs },
  }
}

async function ids({ reader, pace }: Sight, after: MemberMark | undefined): Promise<Step<MemberMark>> {
  const until = await reader.placesEnd({ after }, pace.placesPerLook)
  const stretch = { after, until }
  return {
    look: async () => [...(await reader.shared(stretch)), ...(await reader.unrecorded(stretch))],
    next: until,
  }
}

async function records({ reader, pace }: Sight, after: RecordMark | undefined): Promise<Step<RecordMark>> {
  const until = await reader.recordsEnd({ after }, pace.recordsPerLook)
  return { look: () => reader.unplaced({ after, until }), next: until }
}

async function folds(sight: Sight, after: RecordMark | undefined): Promise<Step<RecordMark>> {
  const { reader, logNow, pace } = sight
  const [oldest] = await reader.rawDays()
  if (oldest === undefined) return { next: undefined }
  // Calls that began before the first sample there is may have some of it; of others raw has gone.
  const whole = { after, fromMs: oldest - 2 * dayMs, toMs: logNow() }
  const until = await reader.recordsEnd(whole, pace.foldsPerLook)
  const stretch = { ...whole, until }
  return {
    look: async () => changedAmong(await reader.settled(stretch, 2 * pace.foldsPerLook, logNow()), sight),
    next: until,
  }
}
