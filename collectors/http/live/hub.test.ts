import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallChanges, ChangedCall } from '#contracts/live-calls.ts'
import type { CallFilter, CallListItem, TenantScope } from '#contracts/warehouse.ts'
import { createLiveHub, defaultLivePace, type LiveHub, type LivePace } from './hub.ts'
import type { Looking } from './viewer.ts'

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
  const completeUntil = async () => (tenant?: TenantScope) => (tenant === 'globex' ? 5 : 7)
  hub = createLiveHub(
    { changes, completeUntil, clock: () => nowMs, logger: { warn() {}, error() {} } },
    { ...defaultLivePace, ...pace },
  )
  return hub
}

const looking = (filter: CallFilter, over: Partial<Looking> = {}): Looking => ({
  ...{ filter, resumeFrom: undefined, owner: undefined, ticksOnly: false },
  ...over,
})

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
  const poor = aHub(changes).join(looking({ class: ['poor'] }))
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
  const acme = aHub(changes).join(looking({ tenant: 'acme' }, { resumeFrom: 0 }))
  const everybody = hub.join(looking({}))
  const some = hub.join(looking({ tenant: ['acme', 'initech'] }, { resumeFrom: 0 }))
  rows.push(aCall('theirs', 1, { tenant: 'globex' }))
  await turns(2)
  rows.push(aCall('theirs', 2, { tenant: 'globex', deleted: true }), aCall('ours', 2))
  await turns(1)
  const told = heard(acme)
  expect(JSON.stringify(told)).not.toMatch(/globex|theirs/)
  expect(ids(told, 'calls')).toEqual(['ours'])
  expect(heard(some)).toEqual(told)
  expect(ids(heard(everybody), 'gone')).toEqual(['theirs'])
})

test('a version that is written late is told, and none is told twice', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes).join(looking({}))
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
  const back = aHub(changes, { maxMissed: 50 }).join(looking({}, { resumeFrom: 95 }))
  const late = hub.join(looking({}, { resumeFrom: 3 }))
  const stranger = hub.join(looking({}, { resumeFrom: 5_000 }))
  await turns(1)
  const told = heard(back)
  expect(ids(told, 'calls').slice(-5)).toEqual(['c95', 'c96', 'c97', 'c98', 'c99'])
  expect(told.at(-1)).toMatchObject({ event: 'tick', id: '100' })
  expect(heard(late)[0]).toMatchObject({ event: 'reset', id: '100' })
  expect(heard(stranger)[0]).toMatchObject({ event: 'reset' })
})

test('who names a version of long ago loads the list, and nobody reads all calls for it', async () => {
  const { rows, asked, changes } = aWarehouse()
  rows.push(aCall('a', 9_000))
  const stream = aHub(changes).join(looking({}, { resumeFrom: 1 }))
  await turns(1)
  expect(heard(stream)[0]).toMatchObject({ event: 'reset', id: '9000' })
  expect(Math.min(...asked)).toBeGreaterThan(8_000)
})

test('more than can be told at once is a reset, and not one a second', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes, { maxChanges: 10 }).join(looking({}))
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
  const stream = aHub(changes).join(looking({ tenant: 'globex' }))
  for (let n = 0; n < 5; n++) hub.join(looking({}))
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
  const stream = aHub(changes).join(looking({ q: 'sip-1@pbx' }))
  await turns(1)
  rows.push(aCall('linked', 1), aCall('other', 1, { from: 'sip-2@pbx' }))
  await turns(1)
  expect(ids(heard(stream), 'calls')).toEqual(['linked'])
})

test('who does not read is let go, and there are not more viewers than places', async () => {
  const { rows, changes } = aWarehouse()
  const slow = aHub(changes, { maxViewers: 1 }).join(looking({}))
  expect(() => hub.join(looking({}))).toThrow(/live lists are open already/)
  await turns(1)
  for (let n = 1; n <= 4; n++) {
    rows.push(...Array.from({ length: 100 }, (_, at) => aCall(`c${n}-${at}`, n, { from: 'x'.repeat(5_000) })))
    await turns(1)
  }
  expect(slow.destroyed).toBe(true)
  expect(() => hub.join(looking({}))).not.toThrow()
})

test('one tenant does not take every place', () => {
  aHub(aWarehouse().changes, { maxViewersOfOne: 1 }).join(looking({}, { owner: 'acme' }))
  expect(() => hub.join(looking({}, { owner: 'acme' }))).toThrow(/live lists are open already/)
  expect(() => hub.join(looking({}, { owner: 'globex' }))).not.toThrow()
  expect(() => hub.join(looking({}))).not.toThrow()
})

test('a stream ends after a while, so that a revoked key reads no longer', async () => {
  const stream = aHub(aWarehouse().changes, { maxLifeMs: 10_000 }).join(looking({}))
  const ended = vi.fn()
  stream.once('end', ended)
  stream.resume()
  await turns(9)
  expect(ended).not.toHaveBeenCalled()
  await turns(3)
  expect(ended).toHaveBeenCalledOnce()
})

test('one who never reads its end is cut off, and nothing is told to it', async () => {
  const stream = aHub(aWarehouse().changes, { maxLifeMs: 10_000 }).join(looking({}))
  await turns(13)
  expect(stream.destroyed).toBe(true)
})

test('of what is told in several events only the last says where to go on from', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes).join(looking({}))
  await turns(1)
  heard(stream)
  rows.push(...Array.from({ length: 1_200 }, (_, n) => aCall(`c${n}`, 7)))
  await turns(1)
  const told = heard(stream).filter(({ event }) => event === 'calls')
  expect(told.map(({ id }) => id)).toEqual([undefined, undefined, '7'])
  expect(ids(told, 'calls')).toHaveLength(1_200)
})

test('more than may wait for one viewer is a reset; until then it can only go on from before', async () => {
  const { rows, changes } = aWarehouse()
  const stream = aHub(changes).join(looking({}))
  await turns(1)
  heard(stream)
  const many = (version: number) =>
    Array.from({ length: 300 }, (_, n) => aCall(`c${n}`, version, { from: 'x'.repeat(5_000) }))
  rows.push(...many(1))
  await turns(1)
  expect(heard(stream)).toMatchObject([{ event: 'reset', id: '1' }])
  rows.splice(0, 300, ...many(2))
  await turns(6)
  const told = heard(stream)
  expect(stream.destroyed).toBe(false)
  expect(told.length).toBeGreaterThan(0)
  expect(told.map(({ event, id }) => [event, id])).toEqual(told.map(() => ['tick', undefined]))
  await turns(5)
  expect(heard(stream).filter(({ event }) => event === 'reset')).toHaveLength(1)
})

test('whose missed calls cannot be read loads the list; others are told all the same', async () => {
  const { rows, changes } = aWarehouse()
  rows.push(aCall('a', 100))
  const away = async () => {
    throw new Error('away')
  }
  const searching = aHub({ ...changes, idsNamed: away }).join(looking({ q: 'sip-1@pbx' }, { resumeFrom: 99 }))
  const other = hub.join(looking({}, { resumeFrom: 99 }))
  await turns(1)
  expect(heard(searching).map(({ event }) => event)).toEqual(['reset', 'tick'])
  expect(ids(heard(other), 'calls')).toEqual(['a'])
  rows.push(aCall('b', 101))
  await turns(7)
  expect(ids(heard(other), 'calls')).toEqual(['b'])
})

test('who wants ticks only is told of no call, and the warehouse is not asked for it', async () => {
  const { rows, asked, changes } = aWarehouse()
  const stream = aHub(changes).join(looking({}, { ticksOnly: true }))
  await turns(1)
  rows.push(aCall('a', 1))
  await turns(6)
  const told = heard(stream)
  expect(new Set(told.map(({ event }) => event))).toEqual(new Set(['tick']))
  expect(told.length).toBeGreaterThanOrEqual(2)
  expect(asked).toEqual([])
})

test('a failing store is asked again', async () => {
  const { rows, changes } = aWarehouse()
  const failing = vi.fn(changes.changed).mockRejectedValueOnce(new Error('away'))
  const stream = aHub({ ...changes, changed: failing }).join(looking({}))
  await turns(2)
  rows.push(aCall('a', 1))
  await turns(1)
  expect(ids(heard(stream), 'calls')).toEqual(['a'])
})
