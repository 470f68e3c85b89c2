import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallQuery } from '#contracts/warehouse.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { plantCalls } from './calls-for-tests.ts'
import { listCalls } from './list-calls.ts'

const startMs = Date.UTC(2026, 4, 1, 10)
const expiresAt = Math.floor(Date.now() / 1_000) + 30 * 86_400
let warehouse: TestWarehouse

const list = (query: Partial<CallQuery>) => listCalls(warehouse.client, { limit: 50, ...query })
const idsOf = async (query: Partial<CallQuery>) => (await list(query)).calls.map(({ id }) => id)

/** All pages of a list, in pages of three. */
async function pagesOf(query: Partial<CallQuery>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await list({ ...query, limit: 3, ...(cursor === undefined ? {} : { cursor }) })
    ids.push(...page.calls.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return ids
}

beforeAll(async () => {
  warehouse = await startWarehouse()
  // Ten calls a minute apart, of them two of each talk and each MOS, and two of which neither is known.
  const ten = Array.from({ length: 10 }, (_, n) => ({
    ...{ id: `c${n}`, at: startMs + n * 60_000, members: [`c${n}`, `z-other-${n}`] },
    ...{ tenant: n % 2 === 0 ? 'acme' : 'globex', class: n === 3 ? 'degraded' : n === 5 ? 'poor' : 'good' },
    ...{ talk_ms: n < 2 ? null : 1_000 * (n >> 1), worst_mos_hundredths: n < 2 ? 0 : 400 - 10 * (n >> 1) },
    ...{ from_party: `+4930${n}`, to_party: n === 7 ? 'Ärger_100%@pbx.example' : 'sip:desk@pbx.example' },
    ...{
      route: `r${n % 3}`,
      gateway: `g${n % 4}`,
      region: 'eu',
      codec: 'opus',
      disposition: n < 2 ? 'not_answered' : 'answered',
    },
    ...{
      findings: n === 5 ? ['one_way_audio'] : [],
      fault: n === 5 ? 'carrier' : '',
      fault_confidence_hundredths: n === 5 ? 80 : 0,
    },
  }))
  await plantCalls(warehouse, ten)
  await warehouse.client.insert({
    table: 'call_links',
    format: 'JSONEachRow',
    values: [
      { tenant: 'acme', node: 'sip_call_id:a84b4c76e66710@pc33', other: 'id:z-other-4', expires_at: expiresAt },
      { tenant: 'acme', node: 'trace_id:0af7651916cd43dd8448eb211c80319c', other: 'id:c6', expires_at: expiresAt },
    ],
  })
})
afterAll(() => warehouse.stop())

describe('order', () => {
  const byTalk = ['c9', 'c8', 'c7', 'c6', 'c5', 'c4', 'c3', 'c2']

  test('the latest come first, or the earliest, page by page, each call once', async () => {
    const all = Array.from({ length: 10 }, (_, n) => `c${n}`)
    expect(await pagesOf({ order: 'asc' })).toEqual(all)
    expect(await pagesOf({})).toEqual(all.toReversed())
  })

  test('by talk and by MOS, over pages that begin between equals; what is unknown comes last either way', async () => {
    expect(await pagesOf({ sort: 'duration' })).toEqual([...byTalk, 'c1', 'c0'])
    expect(await pagesOf({ sort: 'mos', order: 'asc' })).toEqual([...byTalk, 'c1', 'c0'])
    const rising = ['c3', 'c2', 'c5', 'c4', 'c7', 'c6', 'c9', 'c8', 'c1', 'c0']
    expect(await pagesOf({ sort: 'duration', order: 'asc' })).toEqual(rising)
    expect(await pagesOf({ sort: 'mos', order: 'desc' })).toEqual(rising)
  })

  test('a cursor goes on in the order it was given for, and in no other', async () => {
    const { nextCursor = '' } = await list({ sort: 'mos', limit: 3 })
    for (const other of [{ sort: 'duration' }, { sort: 'mos', order: 'asc' }, {}] as const)
      await expect(list({ ...other, cursor: nextCursor })).rejects.toMatchObject({
        statusCode: 400,
        message: expect.stringMatching(/^cursor: was given for sort=mos&order=desc/),
      })
  })
})

test.each([
  ['a value between two', ['mos', 'asc', 1.5, startMs, 'acme', 'c1']],
  ['a value below zero', ['mos', 'asc', -1, startMs, 'acme', 'c1']],
  ['a time before all', ['started', 'desc', null, -1, 'acme', 'c1']],
  ['a time after all', ['started', 'desc', null, Number.MAX_SAFE_INTEGER, 'acme', 'c1']],
])("a cursor with %s is none of ours, and the client's fault", async (_, parts) => {
  const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url')
  const [sort, order] = parts as [CallQuery['sort'], CallQuery['order']]
  await expect(list({ sort, order, cursor } as Partial<CallQuery>)).rejects.toMatchObject({ statusCode: 400 })
})

describe('filters', () => {
  test('classes are any of those named; every other filter narrows', async () => {
    expect(await idsOf({ class: ['poor', 'degraded'] })).toEqual(['c5', 'c3'])
    expect(await idsOf({ disposition: 'not_answered' })).toEqual(['c1', 'c0'])
    expect(await idsOf({ route: 'r0', gateway: 'g2' })).toEqual(['c6'])
    expect(await idsOf({ finding: 'one_way_audio', fault: 'carrier', region: 'eu', codec: 'opus' })).toEqual(['c5'])
    expect(await idsOf({ region: 'us' })).toEqual([])
  })

  test('a call tells what a list shows of it', async () => {
    expect((await list({ id: 'c5' })).calls).toEqual([
      expect.objectContaining({
        ...{ tenant: 'globex', id: 'c5', class: 'poor', route: 'r2', gateway: 'g1', conference: false, version: 1 },
        ...{ talkMs: 2_000, worstMos: 3.8, fault: 'carrier', faultConfidence: 0.8, answeredMs: undefined },
      }),
    ])
  })
})

describe('several tenants', () => {
  test('are listed together, and of none there is nothing', async () => {
    expect(await idsOf({ tenant: ['globex'] })).toEqual(await idsOf({ tenant: 'globex' }))
    expect(await idsOf({ tenant: ['acme', 'globex'] })).toEqual(await idsOf({}))
    for (const filter of [{}, { id: 'c5' }, { q: 'z-other-8' }, { q: '4930' }])
      expect(await idsOf({ tenant: [], ...filter })).toEqual([])
  })

  test("find nothing under an id of somebody else's", async () => {
    expect(await idsOf({ tenant: ['acme', 'nobody'], id: 'c5' })).toEqual([])
    expect(await idsOf({ tenant: ['globex', 'nobody'], q: 'a84b4c76e66710@pc33' })).toEqual([])
    expect(await idsOf({ tenant: ['acme', 'globex'], q: 'a84b4c76e66710@pc33' })).toEqual(['c4'])
  })
})

describe('search', () => {
  test('finds a call by any of its ids, and by ids linked to them', async () => {
    expect(await idsOf({ q: 'z-other-8' })).toEqual(['c8'])
    expect(await idsOf({ q: 'a84b4c76e66710@pc33' })).toEqual(['c4'])
    expect(await idsOf({ q: '0AF7651916CD43DD8448EB211C80319C' })).toEqual(['c6'])
  })

  test("finds nothing under an id of somebody else's", async () => {
    expect(await idsOf({ tenant: 'globex', q: 'z-other-8' })).toEqual([])
    expect(await idsOf({ tenant: 'globex', q: 'a84b4c76e66710@pc33' })).toEqual([])
  })

  test('looks for part of a party, whatever the case, and takes no character for a pattern', async () => {
    expect(await idsOf({ q: '4930', limit: 3 })).toEqual(['c9', 'c8', 'c7'])
    expect(await idsOf({ q: 'äRGER_100%' })).toEqual(['c7'])
    expect(await idsOf({ q: '%_%' })).toEqual([])
    expect(await idsOf({ q: "' OR 1 = 1 --" })).toEqual([])
  })
})
