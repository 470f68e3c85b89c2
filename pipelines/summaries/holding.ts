import { type Change, recordOnly } from '#contracts/changes.ts'
import type { AssignedPartition, EventLog, Membership, Polled, TopicPartition } from '#contracts/event-log.ts'
import type { DueReader } from '#contracts/summaries.ts'
import { announcements } from '../announce.ts'
import { watermarksOf } from '../watermarks.ts'
import type { Backlog } from './backlog.ts'
import { accountOf, bulk, live, placeOf } from './change-topics.ts'
import { readAnnouncements } from './read-announcements.ts'
import type { RecomputeParts } from './recompute.ts'
import type { SummariesLimits } from './summaries.ts'

export interface HoldingParts extends Pick<RecomputeParts, 'watermarks'> {
  readonly log: Pick<EventLog, 'append'>
  readonly membership: Pick<Membership, 'commit'>
  readonly backlog: Backlog
  readonly due: DueReader
  /** Everything that raw holds of some shards, as changes. */
  readonly census: (owns: (shard: number) => boolean) => AsyncIterable<readonly Change[]>
  readonly limits: SummariesLimits
}

/** One member's dealings with its assignment: what it reads, when it looks for due records, what it commits. */
export interface Holding {
  owns(shard: number): boolean
  /** What is not to be read now: all of it while the backlog is full, bulk recomputes while it is long. */
  paused(): readonly TopicPartition[]
  /** This poll belongs to another assignment than the ones before. */
  isNew(polled: Polled): boolean
  reassign(polled: Polled): Promise<void>
  /** Bulk announcements have come that may be younger than all that came before. */
  isBulkNews(polled: Polled): boolean
  take(polled: Polled): void
  /** Now and then: records that change by themselves. */
  addDue(polled: Polled): Promise<void>
  commit(polled: Polled): Promise<void>
}

export function createHolding(parts: HoldingParts): Holding {
  const { backlog, limits, membership } = parts
  let generation = -1
  let shards = new Set<number>()
  let dueAtMs = 0
  const isNew = (polled: Polled): boolean => polled.generation !== generation

  return {
    owns: (shard) => shards.has(shard),
    paused() {
      const full = backlog.weight >= limits.maxWaiting
      const topics = full ? [live, bulk] : backlog.overdue >= limits.bulkBelow ? [bulk] : []
      return topics.flatMap((topic) => [...shards].map((partition) => ({ topic, partition })))
    },
    isNew,
    async reassign(polled) {
      if (!isNew(polled)) return
      dueAtMs = 0
      const mine = polled.assignment.filter(({ topic }) => topic === live)
      const kept = new Set(mine.map(({ partition }) => partition))
      for (const shard of shards) if (!kept.has(shard)) forget(shard, backlog)
      shards = kept
      await announceLost(polled, mine, parts)
      generation = polled.generation
    },
    isBulkNews: createBulkNews(),
    take(polled) {
      addAnnounced(polled, parts)
    },
    async addDue({ logNowMs }) {
      if (logNowMs < dueAtMs || shards.size === 0) return
      dueAtMs = logNowMs + limits.dueEveryMs
      await addDueOf([...shards], logNowMs, parts)
    },
    commit: createCommit(backlog, membership),
  }
}

function forget(shard: number, backlog: Backlog): void {
  for (const topic of [live, bulk]) backlog.forget(accountOf({ topic, partition: shard }))
}

/** A group that has lost its offsets announces everything raw holds of its shards, in bulk. */
async function announceLost(
  polled: Polled,
  mine: readonly AssignedPartition[],
  { census, log, membership }: HoldingParts,
): Promise<void> {
  const lost = mine.filter((assigned) => assigned.committed === undefined)
  if (lost.length === 0) return
  const missing = new Set(lost.map(({ partition }) => partition))
  for await (const changes of census((shard) => missing.has(shard))) await log.append(announcements(changes, bulk))
  await membership.commit(
    lost.map(({ topic, partition }) => ({ topic, partition, offset: startOf(polled, partition) })),
    polled.generation,
  )
}

const startOf = (polled: Polled, partition: number): number =>
  polled.records.find((record) => record.topic === live && record.partition === partition)?.offset ??
  polled.positions.find((position) => position.topic === live && position.partition === partition)?.next ??
  0

/** Clocks of two brokers differ by less than this. */
const clocksApartMs = 5_000

function createBulkNews(): Holding['isBulkNews'] {
  let seenMs = 0
  return function isBulkNews({ records }) {
    const times = records.flatMap(({ topic, logTimeMs }) => (topic === bulk ? [logTimeMs] : []))
    const isNews = times.some((at) => at > seenMs - clocksApartMs)
    for (const at of times) seenMs = Math.max(seenMs, at)
    return isNews
  }
}

function addAnnounced({ records }: Polled, { backlog, limits }: HoldingParts): void {
  for (const record of records) {
    const { topic, offset, logTimeMs } = record
    const changes = readAnnouncements(record)
    // What is recomputed in bulk is urgent to nobody, and put off by nobody: it must not stand before the end of a call.
    if (topic === bulk)
      backlog.add(accountOf(record), offset, logTimeMs - limits.runningDelayMs, changes.map(unhurried))
    else backlog.add(accountOf(record), offset, logTimeMs, changes)
  }
}

const unhurried = (change: Change): Change => ({ ...change, urgency: 'running', worst: 0 })

async function addDueOf(shards: readonly number[], logNowMs: number, parts: HoldingParts): Promise<void> {
  const watermarks = watermarksOf(await parts.watermarks.read())
  for (const { tenant, id } of await parts.due.due(shards, watermarks, parts.limits.callsPerRecompute)) {
    parts.backlog.addDue(recordOnly({ tenant, id }), logNowMs)
  }
}

/** Commits what is done, where that is more than was committed before. */
function createCommit(backlog: Backlog, membership: HoldingParts['membership']): Holding['commit'] {
  const committed = new Map<number, number>()
  return async function commit(polled) {
    const offsets = [...backlog.committable()].filter(([account, offset]) => committed.get(account) !== offset)
    if (offsets.length === 0) return
    const placed = offsets.map(([account, offset]) => ({ ...placeOf(account), offset }))
    const answer = await membership.commit(placed, polled.generation)
    if (answer === 'committed') for (const [account, offset] of offsets) committed.set(account, offset)
  }
}
