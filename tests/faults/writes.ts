import type { ClickHouseClient } from '@clickhouse/client'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import { shardOf } from '#contracts/sharding.ts'
import { topicNames } from '#contracts/topics.ts'
import { readAnnouncements } from '#pipelines/summaries/read-announcements.ts'

/** Everything that a recompute writes, in this order. */
export const writes = [
  'claims',
  'interval minutes',
  'cumulative minutes',
  'places',
  'records and tombstones',
  'forward',
  'commit',
] as const
export type Write = (typeof writes)[number]

/** Called instead of each write, with what carries it out. */
export type Around = <Result>(write: Write, carryOut: () => Promise<Result>) => Promise<Result>

/** A client and a log that let `around` have every write of a recompute. */
export const wrapWrites = (around: Around) => ({
  client: (client: ClickHouseClient) => wrapClient(client, around),
  log: (log: EventLog) => wrapLog(log, around),
})

function wrapClient(client: ClickHouseClient, around: Around): ClickHouseClient {
  const command: ClickHouseClient['command'] = (params) => {
    const write = minutesWrite(params.query)
    return write === undefined ? client.command(params) : around(write, () => client.command(params))
  }
  const insert: ClickHouseClient['insert'] = (params) => {
    const write = insertedBy(params)
    return write === undefined ? client.insert(params) : around(write, () => client.insert(params))
  }
  return new Proxy(client, {
    get(target, name) {
      if (name === 'command') return command
      if (name === 'insert') return insert
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function minutesWrite(query: string): Write | undefined {
  if (!query.includes('INSERT INTO call_minutes')) return undefined
  return query.includes(`scope != 'cumulative'`) ? 'interval minutes' : 'cumulative minutes'
}

function insertedBy({ table, values }: { readonly table: string; readonly values: unknown }): Write | undefined {
  if (table === 'calls') return 'records and tombstones'
  if (table !== 'call_keys') return undefined
  const [first] = Array.isArray(values) ? (values as readonly { readonly canonical: string }[]) : []
  return first?.canonical === '' ? 'claims' : 'places'
}

function wrapLog(log: EventLog, around: Around): EventLog {
  return {
    ...log,
    append: (records) => (records.some(isForward) ? around('forward', () => log.append(records)) : log.append(records)),
    async join(options) {
      const membership = await log.join(options)
      if (options.group !== 'summaries') return membership
      return {
        ...membership,
        commit: (offsets, generation) => around('commit', () => membership.commit(offsets, generation)),
      }
    },
  }
}

/** An announcement on another shard than its own id's: passed on to the owner of the canonical id. */
const isForward = ({ topic, partition, value }: NewRecord): boolean =>
  topic === topicNames.callChanges &&
  readAnnouncements({ value }).changes.some(({ tenant, id }) => shardOf(tenant, id) !== partition)
