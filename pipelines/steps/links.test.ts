import { describe, expect, test } from 'vitest'
import { Collected } from './cloud-event-examples.ts'
import { createLinkWriter, type LinkIds, linkRows, traceIdOf } from './links.ts'
import { createLinkMemory } from './links-memory.ts'

const facts = (ids: LinkIds, over: object = {}) => ({
  tenant: 'acme',
  correlationId: 'c-1',
  ids,
  expiresAtSeconds: 1_000_000,
  ...over,
})

describe('links', () => {
  test('a link is stored from both ends', () => {
    expect(linkRows(facts({ call_id: 'k' }))).toEqual([
      ['acme', 'id:c-1', 'call_id:k', 1_000_000],
      ['acme', 'call_id:k', 'id:c-1', 1_000_000],
    ])
  })

  test('another correlation id is joined directly, and never to itself', () => {
    expect(linkRows(facts({ linked_correlation_id: 'c-2' })).map(([, from, to]) => [from, to])).toEqual([
      ['id:c-1', 'id:c-2'],
      ['id:c-2', 'id:c-1'],
    ])
    expect(linkRows(facts({ linked_correlation_id: 'c-1' }))).toEqual([])
  })

  test('ids that name nobody link nobody', () => {
    const nil = '00000000-0000-0000-0000-000000000000'
    expect(
      linkRows(facts({ sip_session_id: nil, sip_call_id: '0', call_id: 'unknown', trace_id: '0'.repeat(32) })),
    ).toEqual([])
    expect(linkRows(facts({ call_id: 'Anonymous-1' }), { ignoredIds: new Set(['anonymous-1']) })).toEqual([])
    expect(linkRows(facts({ call_id: 'k' }, { correlationId: '0' }))).toEqual([])
  })

  test('a leg called "a" is a leg within its call, one with a long id may link', () => {
    expect(linkRows(facts({ leg_id: 'a' }))).toEqual([])
    expect(linkRows(facts({ leg_id: 'leg-9f86d081' }))).toHaveLength(2)
  })

  test('the trace id is the middle of a traceparent', () => {
    expect(traceIdOf('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')).toBe(
      '4bf92f3577b34da6a3ce929d0e0e4736',
    )
    expect(traceIdOf(undefined)).toBeUndefined()
  })
})

describe('the memory of stored links', () => {
  const day = 86_400
  function aWriter(max = 100) {
    const memory = createLinkMemory({ max })
    const write = createLinkWriter({ memory })
    const rowsOf = (call: string, expiresAtSeconds = 1_000_000) => {
      const into = new Collected()
      write(facts({ call_id: `k-${call}` }, { correlationId: call, expiresAtSeconds }), into)
      return into.rows.length
    }
    return { memory, rowsOf }
  }

  test('a link is written once per batch, and not again after the batch was acknowledged', () => {
    const { memory, rowsOf } = aWriter()
    const batch = memory.begin()
    expect([rowsOf('c-1'), rowsOf('c-1')]).toEqual([2, 0])
    batch.confirm()
    memory.begin()
    expect(rowsOf('c-1')).toBe(0)
  })

  test('a batch that was never acknowledged is as if it had not been', () => {
    const { memory, rowsOf } = aWriter()
    memory.begin()
    expect(rowsOf('c-1')).toBe(2)
    memory.begin()
    expect(rowsOf('c-1')).toBe(2)
  })

  test('of two batches under way each is remembered by its own acknowledgement', () => {
    const { memory, rowsOf } = aWriter()
    const first = memory.begin()
    rowsOf('c-1')
    memory.begin()
    rowsOf('c-2')
    first.confirm()
    memory.begin()
    expect([rowsOf('c-1'), rowsOf('c-2')]).toEqual([0, 2])
  })

  test('a link is written again when its expiry has moved on by more than a day', () => {
    const { memory, rowsOf } = aWriter()
    const batch = memory.begin()
    rowsOf('c-1')
    batch.confirm()
    const second = memory.begin()
    expect(rowsOf('c-1', 1_000_000 + day)).toBe(0)
    expect(rowsOf('c-1', 1_000_000 + day + 1)).toBe(2)
    expect(rowsOf('c-1', 1_000_000 + day + 1)).toBe(0)
    second.confirm()
    memory.begin()
    expect(rowsOf('c-1', 1_000_000 + 2 * day)).toBe(0)
  })

  test('it forgets the longest unused links, and holds no more than it may', () => {
    const { memory, rowsOf } = aWriter(4)
    for (const call of ['a', 'b', 'c']) {
      const batch = memory.begin()
      rowsOf(call)
      batch.confirm()
    }
    memory.begin()
    expect(rowsOf('a')).toBe(0) // used again: younger than b from now on
    for (const call of ['d', 'e']) {
      const batch = memory.begin()
      rowsOf(call)
      batch.confirm()
    }
    memory.begin()
    expect([rowsOf('b'), rowsOf('e')]).toEqual([2, 0])
  })
})
