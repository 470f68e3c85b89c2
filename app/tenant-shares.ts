import type { EventLog, LogRecord, NewRecord, Polled } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { createActiveTenants } from '#pipelines/summaries/tenant-load.ts'
import type { Overdue } from '#pipelines/summaries/waiting-calls.ts'
import { groupTopics, isForRecords, pipelineNames } from './compose/compose-parts.ts'
import { createUnread, type Unread } from './tenant-unread.ts'

/** What an edge takes its messages to: the pipelines that read them. */
export interface TenantSharesParts {
  /** Topics of each pipeline whose readers are watched. */
  readonly topicsOf: Readonly<Record<string, readonly string[]>>
  /** Tenants that there are. A single one has nothing to share. */
  readonly tenants: readonly string[]
  /** A steady clock, milliseconds. */
  readonly ticks?: () => number
}

/**
 * How much of what a tenant has sent waits in this process, and whether more of it may come now. Messages of a partition are
 * read in their order, so that what one tenant has waiting there is what all others wait for: each may have as much as the
 * readers do in about a second, divided by the tenants that have that much. Decides when a message is taken, never what
 * becomes of it; what was taken is never dropped.
 */
export interface TenantShares {
  /** Counts what is being appended; the result takes it back, where it was not appended after all. */
  appending(records: readonly NewRecord[]): () => void
  /** A pipeline has dealt with what a poll has brought. */
  committed(pipeline: string, polled: Polled): void
  /** So many partitions are not read, because a store does not take what came from them; 0 once it does. */
  paused(pipeline: string, partitions: number): void
  /** Calls that wait to be computed although their time has come, by tenant. */
  overdue(calls: ReadonlyMap<string, Overdue>): void
  /** Calls were computed. */
  computed(): void
  /**
   * Undefined: these bytes may come now, beside those that are on their way. Else the seconds after which to ask again.
   * While a store takes nothing everything may come: the log is there to keep it.
   */
  refuses(tenant: string, request: { readonly bytes: number; readonly inHand: number }): number | undefined
  /** What waits of each tenant: bytes that were not read, of the pipeline that has most of them, and overdue calls. */
  load(): { readonly unreadBytes: ReadonlyMap<string, number>; readonly overdueCalls: ReadonlyMap<string, number> }
}

/**
 * Calls of all tenants together that may wait to be computed, however many it takes: half of the memory there is for them.
 * Running figures of open calls are among them, each of which waits once, whatever is sent.
 */
const maxOverdue = 200_000

/**
 * And of those that press, which come to be more with all that is sent: some seconds of work on two cores. What is read
 * beyond would be computed no sooner, and reading it makes all others later. Counts while others are active.
 */
const maxPressing = 8_000

/** While no call was computed for so long, something is wrong that is not the tenant's fault. */
const stuckMs = 30_000

/** No tenant has more of these than it would have beside so many others. */
const leastSharers = 4

/** A tenant with fewer overdue calls than this is within its share, whatever others have. */
const fewOverdue = 500

export function createTenantShares({
  topicsOf,
  tenants,
  ticks = () => performance.now(),
}: TenantSharesParts): TenantShares {
  const { readers, readersOf } = readersFor(topicsOf, ticks)
  const known = new Set(tenants.slice(0, 2))
  const active = createActiveTenants()
  let overdue: ReadonlyMap<string, Overdue> = new Map()
  let computedAt = Number.NEGATIVE_INFINITY

  function add(records: readonly NewRecord[], sign: 1 | -1): void {
    for (const [topic, byTenant] of bytesBy(records.filter(({ topic }) => readersOf.has(topic)))) {
      for (const [tenant, bytes] of byTenant) {
        active.seen(tenant, ticks())
        if (known.size < 2) known.add(tenant)
        for (const reader of readersOf.get(topic) ?? []) reader.add(tenant, sign * bytes)
      }
    }
  }

  return {
    appending(records) {
      add(records, 1)
      return () => add(records, -1)
    },
    committed(pipeline, polled) {
      const reader = readers.get(pipeline)
      if (reader === undefined) return
      const done = new Map<string, number>()
      for (const record of polled.records) addTo(done, record.headers[recordHeaders.tenant] ?? '', sizeOf(record))
      reader.done(done, { isAtEnd: polled.positions.every(({ next, end }) => next >= end) })
    },
    paused: (pipeline, partitions) => readers.get(pipeline)?.pause(partitions > 0),
    overdue(calls) {
      overdue = calls
    },
    computed() {
      computedAt = ticks()
    },
    refuses(tenant, request) {
      if (known.size < 2) return undefined
      const at = ticks()
      const hasTooMany = () => hasTooManyOverdue(tenant, overdue, { isContended: active.hasOthers(tenant, at) })
      if (at - computedAt < stuckMs && hasTooMany()) return overdueRetrySeconds
      const seconds = [...readers.values()].map((reader) => reader.refuses(tenant, request) ?? 0)
      const most = Math.max(...seconds)
      return most > 0 ? most : undefined
    },
    load() {
      const most = new Map<string, number>()
      for (const reader of readers.values())
        for (const [tenant, bytes] of reader.byTenant()) most.set(tenant, Math.max(bytes, most.get(tenant) ?? 0))
      return { unreadBytes: most, overdueCalls: new Map([...overdue].map(([tenant, of]) => [tenant, sumOf(of)])) }
    },
  }
}

/** What each pipeline has not read, by its name and by topic. */
function readersFor(topicsOf: TenantSharesParts['topicsOf'], ticks: () => number) {
  const readers = new Map<string, Unread>()
  const readersOf = new Map<string, readonly Unread[]>()
  for (const [pipeline, topics] of Object.entries(topicsOf)) {
    const reader = createUnread(ticks)
    readers.set(pipeline, reader)
    for (const topic of topics) readersOf.set(topic, [...(readersOf.get(topic) ?? []), reader])
  }
  return { readers, readersOf }
}

/** Topics of the pipelines that records, log lines and spans wait for. */
export const readTopics: TenantSharesParts['topicsOf'] = Object.fromEntries(
  pipelineNames
    .filter((name) => isForRecords(name) && name !== 'summaries')
    .map((name) => [name, groupTopics[name]] as const),
)

/** The log, whose every append is counted. */
export const countingLog = (log: EventLog, shares: Pick<TenantShares, 'appending'>): EventLog => ({
  ...log,
  async append(records) {
    const undo = shares.appending(records)
    try {
      await log.append(records)
    } catch (error) {
      undo()
      throw error
    }
  },
})

/** Some hundred calls are computed in this time. */
const overdueRetrySeconds = 2

const sumOf = ({ pressing, running }: Overdue): number => pressing + running

const hasTooManyOverdue = (
  tenant: string,
  overdue: ReadonlyMap<string, Overdue>,
  { isContended }: { readonly isContended: boolean },
): boolean =>
  (isContended && isBeyondShare(tenant, overdue, { of: ({ pressing }) => pressing, most: maxPressing })) ||
  isBeyondShare(tenant, overdue, { of: sumOf, most: maxOverdue })

function isBeyondShare(
  tenant: string,
  overdue: ReadonlyMap<string, Overdue>,
  { of, most }: { readonly of: (overdue: Overdue) => number; readonly most: number },
): boolean {
  const own = overdue.get(tenant)
  if (own === undefined || of(own) <= fewOverdue) return false
  let sharers = 0
  for (const each of overdue.values()) if (of(each) > fewOverdue) sharers += 1
  return of(own) > most / Math.max(leastSharers, sharers)
}

function bytesBy(records: readonly NewRecord[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const topics = new Map<string, Map<string, number>>()
  for (const record of records) {
    const byTenant = topics.get(record.topic) ?? new Map<string, number>()
    topics.set(record.topic, byTenant)
    addTo(byTenant, record.headers?.[recordHeaders.tenant] ?? '', sizeOf(record))
  }
  return topics
}

function addTo(counts: Map<string, number>, tenant: string, bytes: number): void {
  counts.set(tenant, bytes + (counts.get(tenant) ?? 0))
}

/** Text by its UTF-16 units: the same on the way in and out. */
const sizeOf = ({ value }: Pick<LogRecord, 'value'>): number => value.length
