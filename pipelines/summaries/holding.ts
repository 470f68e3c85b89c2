import { type Change, recordOnly } from '#contracts/changes.ts'
import { believedAheadMs } from '#contracts/clock.ts'
import type { EventLog, Membership, Polled, TopicPartition } from '#contracts/event-log.ts'
import type { CensusProgress } from '#contracts/registry.ts'
import type { DueReader } from '#contracts/summaries.ts'
import type { Parked } from '../batch.ts'
import type { Persistence } from '../persist.ts'
import { watermarksOf } from '../watermarks.ts'
import type { Backlog } from './backlog.ts'
import { accountOf, bulk, live, placeOf } from './change-topics.ts'
import { type Census, type Counting, createCounting } from './counting.ts'
import { createJudgedAhead } from './judged-ahead.ts'
import { readAnnouncements } from './read-announcements.ts'
import type { RecomputeParts } from './recompute.ts'
import type { SummariesLimits } from './summaries.ts'
import type { createTroubles } from './troubles.ts'

export interface HoldingParts extends Pick<RecomputeParts, 'watermarks'> {
  readonly log: Pick<EventLog, 'append'>
  readonly membership: Pick<Membership, 'commit'>
  readonly backlog: Backlog
  readonly due: DueReader
  readonly census: Census
  readonly censusProgress: CensusProgress
  readonly limits: SummariesLimits
  readonly troubles: Pick<ReturnType<typeof createTroubles>, 'isSuspect'>
  readonly persistence: Persistence
}

/** One member's dealings with its assignment: what it reads, when it looks for due records, what it commits. */
export interface Holding {
  owns(shard: number): boolean
  /** What is not to be read now: all of it while the backlog is full, bulk recomputes while it is long. */
  paused(): readonly TopicPartition[]
  /** This poll belongs to another assignment than the ones before. */
  isNew(polled: Polled): boolean
  /** Goes over to the assignment of this poll, and to its time where that has stepped back. */
  reassign(polled: Polled): void
  /** Bulk announcements have come that may be younger than all that came before. */
  isBulkNews(polled: Polled): boolean
  /** Returns what could not be read. */
  take(polled: Polled): readonly Parked[]
  /** Now and then: records that change by themselves. */
  addDue(polled: Polled): Promise<void>
  commit(polled: Polled): Promise<void>
  /** All that raw holds of some shards is being announced again. */
  isCounting(): boolean
  /** Ends the count that is under way. */
  stop(): Promise<void>
}

export function createHolding(parts: HoldingParts): Holding {
  const { backlog, limits } = parts
  const counting = createCounting({ ...parts, progress: parts.censusProgress }, parts.persistence)
  const commits = createCommits(parts, counting)
  let generation = -1
  let shards = new Set<number>()
  const judgedAhead = createJudgedAhead(parts)
  let dueAtMs = 0
  let latestMs = 0
  const isNew = (polled: Polled): boolean => polled.generation !== generation

  return {
    owns: (shard) => shards.has(shard),
    paused() {
      const full = backlog.bytes >= limits.maxWaitingBytes
      const topics = full ? [live, bulk] : backlog.overdue >= limits.bulkBelow ? [bulk] : []
      return topics.flatMap((topic) => [...shards].map((partition) => ({ topic, partition })))
    },
    isNew,
    reassign(polled) {
      if (polled.logNowMs < latestMs - believedAheadMs) {
        backlog.stepBack(polled.logNowMs)
        judgedAhead.lookAgain()
        dueAtMs = 0
      }
      latestMs = polled.logNowMs
      if (!isNew(polled)) return
      judgedAhead.lookAgain()
      dueAtMs = 0
      const mine = polled.assignment.filter(({ topic }) => topic === live)
      const kept = new Set(mine.map(({ partition }) => partition))
      for (const shard of shards) if (!kept.has(shard)) forget(shard, backlog)
      shards = kept
      generation = polled.generation
      const lost = mine.filter((assigned) => assigned.committed === undefined).map(({ partition }) => partition)
      commits.begin(new Map(lost.map((shard) => [shard, startOf(polled, shard)])))
      counting.begin(lost)
    },
    isBulkNews: createBulkNews(),
    take: (polled) => addAnnounced(polled, parts),
    async addDue({ logNowMs }) {
      if (logNowMs < dueAtMs || shards.size === 0) return
      dueAtMs = logNowMs + limits.dueEveryMs
      await addDueOf([...shards], logNowMs, parts)
      await judgedAhead.add([...shards], logNowMs)
    },
    commit: commits.commit,
    isCounting: counting.isBusy,
    stop: counting.stop,
  }
}

function forget(shard: number, backlog: Backlog): void {
  for (const topic of [live, bulk]) backlog.forget(accountOf({ topic, partition: shard }))
}

const startOf = (polled: Polled, partition: number): number =>
  polled.records.find((record) => record.topic === live && record.partition === partition)?.offset ??
  polled.positions.find((position) => position.topic === live && position.partition === partition)?.next ??
  0

/** Clocks of two brokers differ by less than this. */
const clocksApartMs = 5_000

function createBulkNews(): Holding['isBulkNews'] {
  let seenMs = 0
  return function isBulkNews({ records, logNowMs }) {
    seenMs = Math.min(seenMs, logNowMs)
    const times = records.flatMap(({ topic, logTimeMs }) => (topic === bulk ? [logTimeMs] : []))
    const isNews = times.some((at) => at > seenMs - clocksApartMs)
    for (const at of times) seenMs = Math.max(seenMs, at)
    return isNews
  }
}

function addAnnounced({ records }: Polled, { backlog, limits }: HoldingParts): readonly Parked[] {
  const parked: Parked[] = []
  for (const record of records) {
    const { topic, offset, logTimeMs } = record
    const { changes, refused } = readAnnouncements(record)
    if (refused !== undefined) parked.push({ record, ...refused })
    // What is recomputed in bulk is urgent to nobody, and put off by nobody: it must not stand before the end of a call.
    if (topic === bulk)
      backlog.add(accountOf(record), offset, logTimeMs - limits.runningDelayMs, changes.map(unhurried))
    else backlog.add(accountOf(record), offset, logTimeMs, changes)
  }
  return parked
}

const unhurried = (change: Change): Change => ({ ...change, urgency: 'running', worst: 0 })

async function addDueOf(shards: readonly number[], logNowMs: number, parts: HoldingParts): Promise<void> {
  const watermarks = watermarksOf(await parts.watermarks.read())
  for (const member of await parts.due.due(shards, watermarks, parts.limits.callsPerRecompute)) {
    // One that was given up, and whose record could not be written, stays due: it comes again with its next announcement.
    if (!parts.troubles.isSuspect(member)) parts.backlog.addDue(recordOnly(member), logNowMs)
  }
}

/** Commits what is done, where that is more than was committed before. */
function createCommits({ backlog, membership }: HoldingParts, counting: Pick<Counting, 'holds'>) {
  const committed = new Map<number, number>()
  /** Where reading of shards began that have lost their offsets. */
  const starts = new Map<number, number>()

  return {
    /** A round begins in which these shards have no offset, and are read from here on. */
    begin(lost: ReadonlyMap<number, number>): void {
      starts.clear()
      for (const [shard, offset] of lost) {
        starts.set(shard, offset)
        committed.delete(shard)
      }
    },
    async commit({ generation }: Polled): Promise<void> {
      // A shard of which nothing was read since it was counted is committed where it begins: its loss is made good.
      const offsets = [...new Map([...starts, ...backlog.committable()])].filter(
        ([account, offset]) => committed.get(account) !== offset && !counting.holds(account),
      )
      if (offsets.length === 0) return
      const placed = offsets.map(([account, offset]) => ({ ...placeOf(account), offset }))
      if ((await membership.commit(placed, generation)) !== 'committed') return
      for (const [account, offset] of offsets) {
        committed.set(account, offset)
        starts.delete(account)
      }
    },
  }
}
