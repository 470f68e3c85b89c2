import { expect, test } from 'vitest'
import type { Place } from '#contracts/summaries.ts'
import { resolveComponents } from './components.ts'
import { aGraph, tenant } from './links-for-tests.ts'
import { leftBehind } from './outgrown.ts'

const ids = (count: number) => Array.from({ length: count }, (_, n) => `c-${String(n).padStart(4, '0')}`)
const noCuts = { naming: async () => [] }
const place = (id: string, canonical: string, version: number): Place => ({ tenant, id, canonical, atMs: 0, version })

/** Which ids have to be announced when `id` is recomputed, links and places being what they are. */
async function left(id: string, pairs: readonly (readonly [string, string])[], places: readonly Place[]) {
  const links = aGraph(pairs).reader
  const resolved = await resolveComponents([{ tenant, id }], { links, cuts: noCuts })
  const writer = {
    places: async (members: readonly { readonly id: string }[]) =>
      places.filter((known) => members.some((member) => member.id === known.id)),
  }
  const found = await leftBehind([...resolved.values()].flat(), { links, cuts: noCuts, writer })
  return found.map((member) => member.id).sort()
}

const hub = ids(65).map((id) => [id, 'session_id:hub'] as const)
const joined = ids(64).map((id) => place(id, 'c-0000', 7))

test('the 65th id of a link wakes the 64 that it had joined', async () => {
  expect(await left('c-0064', hub, joined)).toEqual(ids(64))
})

test('those that were recomputed since are not woken again, whether that made a record or not', async () => {
  const since = [
    ...joined,
    ...ids(64)
      .slice(0, 32)
      .map((id) => place(id, id, 8)),
    ...ids(64)
      .slice(32, 62)
      .map((id) => place(id, '', 9)),
  ]
  // The record that held them is made again with them.
  expect(await left('c-0064', hub, since)).toEqual(['c-0000', 'c-0062', 'c-0063'])
  expect(await left('c-0064', hub, [...joined, ...joined.map(({ id }) => place(id, '', 8))])).toEqual([])
})

test('a claim and a place of one recompute are one: the place says where the id is', async () => {
  expect(await left('c-0064', hub, [...joined, ...joined.map(({ id }) => place(id, '', 7))])).toEqual(ids(64))
})

test('a record that other links hold together is left alone', async () => {
  const pairs = [...hub, ['c-0001', 'call_id:k'], ['c-0002', 'call_id:k']] as const
  expect(await left('c-0064', pairs, [place('c-0001', 'c-0001', 7), place('c-0002', 'c-0001', 7)])).toEqual([])
})

test('the 1,001st id of a crowd wakes the 1,000 that were one call', async () => {
  const chain = ids(1_001).flatMap(
    (id, n) =>
      [
        [id, `call_id:${n}`],
        [id, `call_id:${n + 1}`],
      ] as const,
  )
  const places = ids(1_000).map((id) => place(id, 'c-0000', 7))
  expect(await left('c-1000', chain, places)).toEqual(ids(1_000))
})

test('a call without hub or crowd asks nothing', async () => {
  expect(
    await left(
      'c-0000',
      [
        ['c-0000', 'call_id:k'],
        ['c-0001', 'call_id:k'],
      ],
      joined,
    ),
  ).toEqual([])
})
