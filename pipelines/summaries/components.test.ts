import { describe, expect, test } from 'vitest'
import type { LinkCut } from '#contracts/registry.ts'
import { type Component, type defaultComponentLimits, resolveComponents } from './components.ts'
import { aGraph, tenant } from './links-for-tests.ts'

interface Asked {
  readonly cuts?: readonly Omit<LinkCut, 'tenant' | 'sequence'>[]
  readonly limits?: typeof defaultComponentLimits
  readonly of?: string
}

async function resolve(ids: readonly string[], pairs: readonly (readonly [string, string])[], asked: Asked = {}) {
  const { cuts = [], limits, of = tenant } = asked
  const found = await resolveComponents(
    ids.map((id) => ({ tenant: of, id })),
    {
      links: aGraph(pairs).reader,
      cuts: {
        naming: async (_tenant, named) =>
          cuts
            .map((cut, sequence) => ({ ...cut, tenant, sequence }))
            .filter(({ a, b }) => named.includes(a) || named.includes(b)),
      },
      ...(limits === undefined ? {} : { limits }),
    },
  )
  return ids.map((id) => found.get(`${of}\u0000${id}`) ?? [])
}

const membersOf = (components: readonly Component[]) => components.map(({ members }) => members)
const ids = (count: number, prefix = 'c') =>
  Array.from({ length: count }, (_, n) => `${prefix}-${String(n).padStart(4, '0')}`)

describe('components', () => {
  test('links of any kind join, over any number of steps; the smallest id speaks for all', async () => {
    const pairs = [
      ['b', 'call_id:k'],
      ['a', 'call_id:k'],
      ['a', 'sip_call_id:s'],
      ['c', 'sip_call_id:s'],
      ['c', 'id:d'],
    ] as const
    for (const [component, ...none] of await resolve(['a', 'b', 'c', 'd'], pairs)) {
      expect(none).toEqual([])
      expect(component).toMatchObject({
        canonical: 'a',
        members: ['a', 'b', 'c', 'd'],
        hubIgnored: false,
        tooLarge: false,
      })
      expect([...(component?.links ?? [])]).toEqual([
        ['call_id', ['k']],
        ['sip_call_id', ['s']],
      ])
    }
  })

  test('one value of two kinds is two links, and another tenant has none of them', async () => {
    const pairs = [
      ['a', 'call_id:k'],
      ['b', 'session_id:k'],
    ] as const
    expect((await resolve(['a', 'b'], pairs)).map(membersOf)).toEqual([[['a']], [['b']]])
    expect(
      (
        await resolve(
          ['a'],
          [
            ['a', 'call_id:k'],
            ['b', 'call_id:k'],
          ],
          { of: 'globex' },
        )
      ).map(membersOf),
    ).toEqual([[['a']]])
  })

  test('a trace id stands for the calls that it names, and for none before it names one', async () => {
    const pairs = [
      ['a', 'trace_id:t'],
      ['b', 'trace_id:t'],
      ['b', 'call_id:k'],
      ['c', 'call_id:k'],
    ] as const
    expect((await resolve(['trace:t', 'trace:x'], pairs)).map(membersOf)).toEqual([[['a', 'b', 'c']], []])
  })

  test('asking for many calls at once costs no more queries than for one', async () => {
    const pairs = ids(500).map((id, n) => [id, `call_id:${n >> 1}`] as const)
    const { reader, queries } = aGraph(pairs)
    await resolveComponents(
      ids(500).map((id) => ({ tenant, id })),
      { links: reader, cuts: { naming: async () => [] } },
    )
    expect(queries()).toBeLessThanOrEqual(6)
  })
})

describe('hubs', () => {
  const shared = (count: number) => ids(count).map((id) => [id, 'session_id:hub'] as const)

  test('a link that names 64 ids joins them; the 65th parts them all', async () => {
    const [joined] = await resolve(['c-0000'], shared(64))
    expect(joined?.[0]).toMatchObject({ members: ids(64), hubIgnored: false })
    for (const [component] of await resolve(ids(65), shared(65))) {
      expect(component?.members).toHaveLength(1)
      expect(component).toMatchObject({ hubIgnored: true, tooLarge: false })
      expect(component?.estranged).toHaveLength(64)
    }
  })

  test('other links of its ids go on counting', async () => {
    const pairs = [...shared(70), ['c-0001', 'call_id:k'], ['c-0002', 'call_id:k']] as const
    const [[pair] = []] = await resolve(['c-0002'], pairs)
    expect(pair).toMatchObject({ members: ['c-0001', 'c-0002'], hubIgnored: true })
    expect([...(pair?.links.keys() ?? [])]).toEqual(['call_id'])
  })

  test('a correlation id that 65 others name as theirs is a hub like any other link', async () => {
    const pairs = ids(65).map((id) => [id, 'id:x-hub'] as const)
    for (const [component] of await resolve(['x-hub', 'c-0000', 'c-0064'], pairs)) {
      expect(component).toMatchObject({ hubIgnored: true })
      expect(component?.members).toHaveLength(1)
    }
    const [[joined] = []] = await resolve(['x-hub'], pairs.slice(1))
    expect(joined?.members).toHaveLength(65)
  })
})

describe('crowds', () => {
  /** A chain: each id shares a link with the next. */
  const chain = (count: number, kind = 'call_id') =>
    ids(count).flatMap(
      (id, n) =>
        [
          [id, `${kind}:${n}`],
          [id, `${kind}:${n + 1}`],
        ] as const,
    )

  test('1,000 ids are one call, 1,001 are each alone and say so', async () => {
    const [[whole] = []] = await resolve(['c-0999'], chain(1_000))
    expect(whole?.members).toHaveLength(1_000)
    for (const [alone] of await resolve(['c-0000', 'c-0500'], chain(1_001))) {
      expect(alone).toMatchObject({ tooLarge: true })
      expect(alone?.members).toHaveLength(1)
      expect(alone?.estranged).toHaveLength(1_000)
    }
  })

  test('in a crowd only the links that are meant to join still do', async () => {
    const pairs = [
      ...chain(1_001),
      ['c-0001', 'conf_session_id:room'],
      ['c-0900', 'conf_session_id:room'],
      ['c-0900', 'id:c-0950'],
    ] as const
    const [[room] = []] = await resolve(['c-0950'], pairs)
    expect(room).toMatchObject({ members: ['c-0001', 'c-0900', 'c-0950'], tooLarge: true })
    const [[alone] = []] = await resolve(['c-0000'], chain(1_001, 'conf_session_id'))
    expect(alone?.members).toEqual(['c-0000'])
  })

  test('a small call beside a crowd is not touched by it', async () => {
    const [crowd, small] = await resolve(['c-0000', 'x'], [...chain(1_200), ['x', 'call_id:x'], ['y', 'call_id:x']])
    expect(crowd?.[0]?.tooLarge).toBe(true)
    expect(small?.[0]).toMatchObject({ members: ['x', 'y'], tooLarge: false })
  })
})

describe('cuts by hand', () => {
  const three = [
    ['a', 'call_id:k'],
    ['b', 'call_id:k'],
    ['c', 'call_id:k'],
  ] as const

  test('part a pair, and what only that pair held together', async () => {
    const pairs = [
      ['a', 'call_id:k'],
      ['b', 'call_id:k'],
      ['b', 'session_id:s'],
      ['c', 'session_id:s'],
    ] as const
    const cuts = [{ a: 'a', b: 'b', action: 'cut' }] as const
    expect((await resolve(['a', 'b', 'c'], pairs, { cuts })).map(membersOf)).toEqual([
      [['a']],
      [['b', 'c']],
      [['b', 'c']],
    ])
  })

  test('do not part those whom a third still joins', async () => {
    const cuts = [{ a: 'a', b: 'b', action: 'cut' }] as const
    expect((await resolve(['b'], three, { cuts })).map(membersOf)).toEqual([[['a', 'b', 'c']]])
    const both = [...cuts, { a: 'a', b: 'c', action: 'cut' }] as const
    expect((await resolve(['a', 'c'], three, { cuts: both })).map(membersOf)).toEqual([[['a']], [['b', 'c']]])
  })

  test('the last word on a pair counts, whichever way round it is said', async () => {
    const cut = { a: 'a', b: 'b', action: 'cut' } as const
    const join = { a: 'b', b: 'a', action: 'join' } as const
    const two = three.slice(0, 2)
    expect((await resolve(['a'], two, { cuts: [cut, join] })).map(membersOf)).toEqual([[['a', 'b']]])
    expect((await resolve(['a'], two, { cuts: [cut, join, cut] })).map(membersOf)).toEqual([[['a']]])
  })

  test('part the calls of a trace, which then names both', async () => {
    const pairs = [
      ['a', 'trace_id:t'],
      ['b', 'trace_id:t'],
    ] as const
    const cuts = [{ a: 'a', b: 'b', action: 'cut' }] as const
    expect((await resolve(['trace:t'], pairs, { cuts })).map(membersOf)).toEqual([[['a'], ['b']]])
  })
})

test('more linked around many calls than a walk may meet is walked in halves, to the same end', async () => {
  const pairs = ids(300).flatMap((id, n) => Array.from({ length: 200 }, (_, m) => [id, `call_id:${n}-${m}`] as const))
  const found = await resolve(ids(300), [...pairs, ['c-0000', 'session_id:s'], ['c-0299', 'session_id:s']])
  expect(membersOf(found[0] ?? [])).toEqual([['c-0000', 'c-0299']])
  expect(membersOf(found[299] ?? [])).toEqual([['c-0000', 'c-0299']])
  expect(membersOf(found[5] ?? [])).toEqual([['c-0005']])
  expect(found.flat().some(({ tooLarge }) => tooLarge)).toBe(false)
})

describe('many ids that share their links', () => {
  const many = ids(900)
  // Each link names fifteen ids, and each id carries eight: one component, which reaches everything from anywhere.
  const pairs = many.flatMap((id, at) =>
    Array.from({ length: 8 }, (_, kind) => [id, `call_id:${kind}-${Math.floor((at * (kind + 1)) / 15) % 60}`] as const),
  )

  test('are one component, walked once and not once for each of them: minutes of nothing else otherwise', async () => {
    const found = await resolve(many, pairs)
    expect(new Set(found.flat()).size).toBe(1)
    expect(found[0]?.[0]?.members).toEqual(many)
  })

  test('and are asked for together where they are too many to be one', async () => {
    const graph = aGraph(pairs)
    let asked = 0
    const found = await resolveComponents(
      many.map((id) => ({ tenant, id })),
      {
        links: {
          edges(...given) {
            asked += 1
            return graph.reader.edges(...given)
          },
        },
        cuts: { naming: async () => [] },
        limits: { idsPerLink: 64, idsPerComponent: 100 },
      },
    )
    expect([...found.values()].every(([component]) => component?.tooLarge === true)).toBe(true)
    expect([...found.values()].map(([component]) => component?.members.length)).toEqual(many.map(() => 1))
    expect(asked).toBeLessThan(30)
  })
})
