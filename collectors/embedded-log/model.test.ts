import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Membership } from '#contracts/event-log.ts'
import { partitionOf } from '#contracts/sharding.ts'
import { createEmbeddedLog, type EmbeddedLog } from './embedded-log.ts'

const partitionCount = 3
const limits = { maxRecords: 7, maxBytes: 60, waitMs: 0 }

interface Reader {
  readonly membership: Membership
  generation: number
  /** Next offset expected per partition of the present assignment. */
  readonly expected: Map<number, number>
}

/** What a log with one group must do, told in plain arrays. */
interface Model {
  log: EmbeddedLog
  readonly open: () => EmbeddedLog
  now: number
  number: number
  readonly appended: string[][]
  readonly committed: (number | undefined)[]
  readers: Reader[]
  /** Rises with each join and leave; a reopened log counts anew. */
  generation: number
}

const action = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    keys: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 }),
    padding: fc.nat(50),
  }),
  fc.record({ do: fc.constantFrom('poll' as const, 'commit' as const, 'leave' as const), reader: fc.nat(5) }),
  fc.record({ do: fc.constantFrom('join' as const, 'reopen' as const, 'trim' as const) }),
  fc.record({ do: fc.constant('clock' as const), stepMs: fc.integer({ min: -5_000, max: 40_000 }) }),
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

test('whatever is appended, read, committed, joined, left, trimmed and reopened: nothing lost, nothing out of order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60 }), async (actions) => {
      const folder = mkdtempSync(join(tmpdir(), 'embedded-log-model-'))
      const model = start(join(folder, 'log.db'))
      try {
        for (const next of actions) await perform(model, next)
        await drain(model)
      } finally {
        await model.log.close()
        rmSync(folder, { recursive: true })
      }
    }),
    { numRuns: 50 },
  )
})

function start(path: string): Model {
  const topics = [{ name: 't', partitions: partitionCount, retentionMs: 60_000 }]
  const open = () => createEmbeddedLog({ path, topics, clock: () => model.now, durability: 'process' })
  const perPartition = <T>(value: () => T) => Array.from({ length: partitionCount }, value)
  const model: Model = {
    now: 1_700_000_000_000,
    number: 0,
    appended: perPartition(() => []),
    committed: perPartition(() => undefined),
    readers: [],
    generation: 0,
    open,
    log: undefined as unknown as EmbeddedLog,
  }
  model.log = open()
  return model
}

async function perform(model: Model, next: Action): Promise<void> {
  if (next.do === 'append') await append(model, next.keys, next.padding)
  else if (next.do === 'clock') model.now += next.stepMs
  else if (next.do === 'join') await joinAnother(model)
  else if (next.do === 'trim') await trim(model)
  else if (next.do === 'reopen') {
    await model.log.close()
    model.readers = []
    model.generation = 0
    model.log = model.open()
  } else if ('reader' in next) {
    const reader = model.readers[next.reader % Math.max(model.readers.length, 1)]
    if (reader === undefined) return
    if (next.do === 'poll') await poll(model, reader)
    else if (next.do === 'commit') await commit(model, reader)
    else {
      model.readers = model.readers.filter((other) => other !== reader)
      model.generation += 1
      await reader.membership.leave()
    }
  }
}

async function append(model: Model, keys: readonly number[], padding: number): Promise<void> {
  const records = keys.map((key) => ({ key: `call-${key}`, value: `${model.number++}${' '.repeat(padding)}` }))
  // In two calls of one turn: they share a transaction and keep their order.
  const half = Math.ceil(records.length / 2)
  const parts = [records.slice(0, half), records.slice(half)]
  await Promise.all(parts.map((part) => model.log.append(part.map((record) => ({ topic: 't', ...record })))))
  for (const { key, value } of records) model.appended[partitionOf(key, partitionCount)]?.push(value)
}

async function joinAnother(model: Model): Promise<void> {
  const membership = await model.log.join({ group: 'g', topics: ['t'] })
  model.generation += 1
  model.readers.push({ membership, generation: -1, expected: new Map() })
}

async function trim(model: Model): Promise<void> {
  const before = await model.log.extent('t')
  await model.log.trim()
  for (const { partition, start, end } of await model.log.extent('t')) {
    expect(end).toBe(before[partition]?.end)
    expect(start).toBeLessThanOrEqual(Math.max(model.committed[partition] ?? end, before[partition]?.start ?? end))
  }
}

async function poll(model: Model, reader: Reader): Promise<number> {
  const { generation, assignment, records, positions, logNowMs } = await reader.membership.poll(limits)
  expect(generation).toBe(model.generation)
  if (generation !== reader.generation) {
    reader.generation = generation
    reader.expected.clear()
    for (const { partition, committed } of assignment) {
      expect(committed).toBe(model.committed[partition])
      reader.expected.set(partition, committed ?? 0)
    }
  }
  const extents = await model.log.extent('t')
  for (const { partition, offset, value, logTimeMs } of records) {
    expect(offset).toBe(Math.max(reader.expected.get(partition) ?? Number.NaN, extents[partition]?.start ?? Number.NaN))
    expect(Buffer.from(value).toString()).toBe(model.appended[partition]?.[offset])
    expect(logTimeMs).toBeLessThanOrEqual(logNowMs)
    reader.expected.set(partition, offset + 1)
  }
  for (const { partition, end } of positions) expect(end).toBe(model.appended[partition]?.length)
  return records.length
}

async function commit(model: Model, { membership, generation, expected }: Reader): Promise<void> {
  const offsets = [...expected].map(([partition, offset]) => ({ topic: 't', partition, offset }))
  const isCurrent = generation === model.generation
  expect(await membership.commit(offsets, generation)).toBe(isCurrent ? 'committed' : 'stale')
  if (isCurrent) for (const { partition, offset } of offsets) model.committed[partition] = offset
}

/** A last reader gets everything that is left. */
async function drain(model: Model): Promise<void> {
  for (const { membership } of model.readers) await membership.leave()
  model.generation += model.readers.length
  model.readers = []
  await joinAnother(model)
  const [reader] = model.readers
  if (reader === undefined) return
  while ((await poll(model, reader)) > 0);
  const { positions } = await reader.membership.poll(limits)
  expect(positions.length).toBe(partitionCount)
  for (const { next, end } of positions) expect(next).toBe(end)
}
