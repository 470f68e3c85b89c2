import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallChanges, ChangedCall } from '#contracts/live-calls.ts'
import type { CallListItem } from '#contracts/warehouse.ts'
import { createLiveHub, defaultLivePace, type LiveHub, type LivePace } from './hub.ts'

interface Told {
  readonly event: string
  readonly id: string
  readonly data: { calls?: { id: string }[]; gone?: { id: string }[]; nowMs?: number }
}

const aCall = (id: string, version: number, over: Partial<CallListItem> & { deleted?: boolean } = {}): ChangedCall => {
  const { deleted = false, ...item } = over
  const plain = { tenant: 'acme', id, version, startedMs: 1_000, class: 'good', findings: [], reasons: [], ...item }
  return { item: plain as unknown as CallListItem, members: [id, `${id}-leg`], deleted }
}

/** Calls as the warehouse would tell of them, and how often it was asked. */
function aWarehouse() {
  const rows: ChangedCall[] = []
  const asked: number[] = []
  const changes: CallChanges = {
    newest: async () => Math.max(0, ...rows.map(({ item }) => item.version)),
    async changed({ above, except, limit }) {
      asked.push(above)
      const found = rows.filter(({ item }) => item.version > above && !except.includes(item.version))
      return found.toSorted((a, b) => a.item.version - b.item.version).slice(0, limit)
    },
    idsNamed: async (_tenant, q) => (q === 'sip-1@pbx' ? [q, 'linked'] : [q]),
  }
  return { rows, asked, changes }
}

let nowMs: number
let hub: LiveHub
const turns = async (count: number) => {
  for (let n = 0; n < count; n++) {
    nowMs += 1_000
    await vi.advanceTimersByTimeAsync(1_000)
  }
}

function aHub(changes: CallChanges, pace: Partial<LivePace> = {}): LiveHub {
  const completeUntil = async () => (tenant: string | undefined) => (tenant === 'globex' ? 5 : 7)
  hub = createLiveHub(
    { changes, completeUntil, clock: () => nowMs, logger: { warn() {}, error() {} } },
    { ...defaultLivePace, ...pace },
  )
  return hub
}

/** What a stream has told so far. */
function heard(stream: Readable): readonly Told[] {
  let text = ''
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) text += String(chunk)
  return text.split('\n\n').flatMap((block) => {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
    return fields.event === undefined ? [] : [{ ...fields, data: JSON.parse(fields.data) } as unknown as Told]
  })
}

const ids = (told: readonly Told[], of: 'calls' | 'gone') =>
  told.filter(({ event }) => event === 'calls').flatMap(({ data }) => data[of]?.map(({ id }) => id) ?? [])

beforeEach(() => {
  nowMs = 1_000_000
  vi.useFakeTimers()
})
afterEach(() => {
  hub.close()
  vi.useRealTimers()
})

test('what changes is told to who shows it; what no longer matches is told as gone', async () => {
  const { rows, changes } = aWarehouse()
  const poor = aHub(changes).join({ class: ['poor'] }, undefined)
  await turns(1)
  rows.push(aCall('a', 1, { class: 'poor' }), aCall('b', 1))
  await turns(1)
  expect(ids(heard(poor), 'calls')).toEqual(['a'])
  rows.push(aCall('a', 2), aCall('b', 2))
  await turns(1)
  const told = heard(poor)
  expect([ids(told, 'calls'), ids(told, 'gone')]).toEqual([[], ['a']])
})

test("a reader of one tenant is never told of another's calls, nor that they are gone", async () => {
  const { rows, changes } = aWarehouse()
  const acme = aHub(changes).join({ tenant: 'acme' }, 0)
  const everybody = hub.join({}, undefined)
  rows.push(aCall('theirs', 1, { tenant: 'globex' }))
  await turns(2)
  rows.push(aCall('theirs', 2, { tenant: 'globex', deleted: true }), aCall('ours', 2))
  await turns(1)
  const told = heard(acme)
  expect(JSON.stringify(told)).not.toMatch(/globex|theirs/)
  expect(ids(told, 'calls')).toEqual(['ours'])
  expect(ids(heard(everybody), 'gone')).toEqual(['theirs'])
})

test('a version that is written late is told, and none is told twice', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes).join({}, undefined)
  await turns(1)
  rows.push(aCall('a', 12))
  await turns(1)
  rows.push(aCall('b', 11))
  await turns(20)
  expect(ids(heard(stream), 'calls')).toEqual(['a', 'b'])
})

test('who comes back goes on where it was; after too much, or from another store, it loads the list', async () => {
  const { rows, changes } = aWarehouse()
  rows.push(...Array.from({ length: 100 }, (_, n) => aCall(`c${n}`, n + 1)))
  const back = aHub(changes, { maxMissed: 50 }).join({}, 95)
  const late = hub.join({}, 3)
  const stranger = hub.join({}, 5_000)
  await turns(1)
  const told = heard(back)
  expect(ids(told, 'calls').slice(-5)).toEqual(['c95', 'c96', 'c97', 'c98', 'c99'])
  expect(told.at(-1)).toMatchObject({ event: 'tick', id: '100' })
  expect(heard(late)[0]).toMatchObject({ event: 'reset', id: '100' })
  expect(heard(stranger)[0]).toMatchObject({ event: 'reset' })
})

test('more than can be told at once is a reset, and not one a second', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes, { maxChanges: 10 }).join({}, undefined)
  await turns(1)
  for (let n = 1; n <= 30; n++) {
    rows.push(...Array.from({ length: 11 }, (_, at) => aCall(`c${n}-${at}`, n)))
    await turns(1)
  }
  const resets = heard(stream).filter(({ event }) => event === 'reset')
  expect(resets.length).toBeGreaterThanOrEqual(2)
  expect(resets.length).toBeLessThanOrEqual(4)
})

test('a tick every 5 s says until when all is complete; the warehouse is asked once a turn, by nobody without viewers', async () => {
  const { asked, changes } = aWarehouse()
  const stream = aHub(changes).join({ tenant: 'globex' }, undefined)
  for (let n = 0; n < 5; n++) hub.join({}, undefined)
  await turns(1)
  asked.length = 0
  await turns(10)
  expect(asked).toHaveLength(10)
  const ticks = heard(stream).filter(({ event }) => event === 'tick')
  expect(ticks.length).toBeGreaterThanOrEqual(2)
  expect(ticks[0]?.data).toMatchObject({ completeUntilMs: 5 })
  hub.close()
  asked.length = 0
  await turns(3)
  expect(asked).toEqual([])
})

test('a search shows calls by linked ids, too', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes).join({ q: 'sip-1@pbx' }, undefined)
  await turns(1)
  rows.push(aCall('linked', 1), aCall('other', 1, { from: 'sip-2@pbx' }))
  await turns(1)
  expect(ids(heard(stream), 'calls')).toEqual(['linked'])
})

test('who does not read is let go, and there are not more viewers than places', async () => {
  const { rows, changes } = aWarehouse()
  const slow = aHub(changes, { maxViewers: 1 }).join({}, undefined)
  expect(() => hub.join({}, undefined)).toThrow(/live lists are open already/)
  await turns(1)
  rows.push(...Array.from({ length: 300 }, (_, n) => aCall(`c${n}`, 1, { from: 'x'.repeat(5_000) })))
  await turns(1)
  expect(slow.destroyed).toBe(true)
  expect(() => hub.join({}, undefined)).not.toThrow()
})

test('a failing store is asked again', async () => {
  const { rows, changes } = aWarehouse()
  const failing = vi.fn(changes.changed).mockRejectedValueOnce(new Error('away'))
  const stream = aHub({ ...changes, changed: failing }).join({}, undefined)
  await turns(2)
  rows.push(aCall('a', 1))
  await turns(1)
  expect(ids(heard(stream), 'calls')).toEqual(['a'])
})
