import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { differences } from '#simulator/differences.ts'
import { bodyOf, simulatedTenants, simulateTraffic } from '#simulator/index.ts'
import { type Install, openInstall } from './install.ts'
import { linkedPair, wholePair } from './linked-pair.ts'
import { type Around, wrapWrites } from './writes.ts'

/** Owners of shards on one log and one warehouse, as processes of a grown-up install are. */
const startMs = Date.now() - 12 * 3_600_000
const tenants = [...simulatedTenants.map(({ id }) => id), 'pair']
let folder: string
let install: Install

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-members-'))
})
afterEach(async () => {
  await install.close()
  rmSync(folder, { recursive: true, force: true })
})

test('members that come and go while messages do leave one right record per call', async () => {
  install = await openInstall({ folder, tenants })
  const traffic = simulateTraffic({ seed: 5, calls: 30, startMs, faults: { late_link: 0.7, reordering: 0.5 } })
  const records = [...traffic.messages].map((message): NewRecord => ({ ...message, value: bodyOf(message) }))
  const [first, second, third] = thirdsOf(records)
  const stays = await install.join()
  await install.log.append(first)
  const goes = await install.join()
  await install.log.append(second)
  await goes.leave()
  const comes = await install.join('summaries')
  await install.log.append(third)
  await install.settled()

  const { calls } = traffic.truth()
  const stored = new Map(
    (await Promise.all(tenants.map((id) => install.records(id)))).flat().map((one) => [one.id, one]),
  )
  expect(calls.some(({ correlationIds }) => correlationIds.length > 1)).toBe(true)
  expect(calls.flatMap((call) => differences(stored.get(call.id), call))).toEqual([])
  expect(stored.size).toBe(calls.length)
  expect(await install.auditor.look(startMs - 86_400_000, startMs + 86_400_000)).toEqual([])
  await comes.leave()
  await stays.leave()
})

function thirdsOf<Item>(items: readonly Item[]): readonly [Item[], Item[], Item[]] {
  const third = Math.ceil(items.length / 3)
  return [items.slice(0, third), items.slice(third, 2 * third), items.slice(2 * third)]
}

test('a commit after losing a partition is refused, and costs a replay and nothing else', async () => {
  const { before, late, first, second } = linkedPair('pair', startMs)
  const answers: unknown[] = []
  const written: string[] = []
  let armed = false
  const around: Around = async (write, carryOut) => {
    if (write === 'records and tombstones') written.push(write)
    if (!armed || write !== 'commit') return carryOut()
    armed = false
    // All is written, nothing is committed, and now the shards are shared.
    await install.join('summaries')
    const answer = await carryOut()
    answers.push(answer)
    return answer
  }
  install = await openInstall({ folder, tenants, wrap: wrapWrites(around) })
  await install.join('calls', 'summaries')
  await install.log.append(before)
  await install.settled()
  const writtenBefore = written.length
  armed = true
  await install.log.append(late)
  await install.settled()

  expect(answers).toEqual(['stale'])
  expect(written.length - writtenBefore).toBeGreaterThan(1)
  const records = await install.records('pair')
  expect(records.map(({ correlationIds, eventCount }) => ({ correlationIds, eventCount }))).toEqual([
    { correlationIds: [first, second], eventCount: wholePair.events },
  ])
  expect(await install.auditor.look(startMs - 86_400_000, startMs + 86_400_000)).toEqual([])
})
