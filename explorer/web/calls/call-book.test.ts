import { describe, expect, test } from 'vitest'
import type { CallListItem } from '../api-types.ts'
import { type CallBook, dimmed, emptyBook, keyOf, maxRows, settled, withLive, withPage } from './call-book.ts'

const latestFirst = { sort: 'started', order: 'desc' } as const
const aCall = (id: string, startedMs: number, version = 1): CallListItem => ({
  tenant: 'acme',
  id,
  startedMs,
  version,
  state: 'settled',
  class: 'good',
  disposition: 'answered',
  conference: false,
  reasons: [],
  findings: [],
})
const ids = ({ calls }: CallBook) => calls.map(({ id }) => id)
const two = withPage(emptyBook, { calls: [aCall('b', 200), aCall('a', 100)] })

describe('pages', () => {
  test('follow one another, and a call that moved between them is shown once', () => {
    const book = withPage({ ...two, nextCursor: 'x' }, { calls: [aCall('a', 100), aCall('0', 50)], nextCursor: 'y' })
    expect(ids(book)).toEqual(['b', 'a', '0'])
    expect(book.nextCursor).toBe('y')
  })

  test('stop where more rows would be kept than one can read', () => {
    const many = Array.from({ length: maxRows }, (_, at) => aCall(`c${at}`, at))
    expect(withPage(two, { calls: many, nextCursor: 'y' })).toMatchObject({ nextCursor: undefined })
  })
})

describe('live', () => {
  test('a changed call changes where it stands, and lights up', () => {
    const book = withLive(two, { calls: [{ ...aCall('a', 100, 2), class: 'poor' }], gone: [] }, latestFirst)
    expect(ids(book)).toEqual(['b', 'a'])
    expect(book.calls[1]?.class).toBe('poor')
    expect(book.lit.get(keyOf(aCall('a', 0)))).toBe(2)
    expect(dimmed(book, book.lit).lit.size).toBe(0)
  })

  test('a row that changed since somebody looked stays lit', () => {
    const seen = withLive(two, { calls: [aCall('a', 100, 2), aCall('b', 200, 2)], gone: [] }, latestFirst)
    const book = withLive(seen, { calls: [aCall('a', 100, 3)], gone: [] }, latestFirst)
    expect([...dimmed(book, seen.lit).lit]).toEqual([[keyOf(aCall('a', 0)), 3]])
  })

  test('what changes no row leaves what is lit alone', () => {
    const lit = withLive(two, { calls: [aCall('a', 100, 2)], gone: [] }, latestFirst)
    const book = withLive(lit, { calls: [aCall('new', 300)], gone: [] }, latestFirst)
    expect(book.lit).toBe(lit.lit)
    expect(book.gone).toBe(lit.gone)
  })

  test('an older version of a call that waits changes nothing', () => {
    const newer = withLive(two, { calls: [aCall('new', 300, 5)], gone: [] }, latestFirst)
    expect(withLive(newer, { calls: [aCall('new', 300, 4)], gone: [] }, latestFirst).waiting[0]?.version).toBe(5)
  })

  test('what is complete is never said to be complete for less', () => {
    const book = withLive(two, { calls: [], gone: [], completeUntilMs: 900 }, latestFirst)
    expect(withPage(book, { calls: [], completeUntilMs: 500 }).completeUntilMs).toBe(900)
    expect(withLive(book, { calls: [], gone: [], completeUntilMs: 700 }, latestFirst).completeUntilMs).toBe(900)
  })

  test('an older version of a call changes nothing', () => {
    const newer = withLive(two, { calls: [{ ...aCall('a', 100, 5), class: 'poor' }], gone: [] }, latestFirst)
    expect(withLive(newer, { calls: [aCall('a', 100, 4)], gone: [] }, latestFirst).calls[1]?.class).toBe('poor')
  })

  test('a new call waits until the list is put in order, and then stands where its start says', () => {
    const book = withLive(two, { calls: [aCall('new', 300), aCall('late', 150)], gone: [] }, latestFirst)
    expect(ids(book)).toEqual(['b', 'a'])
    expect(book.waiting).toHaveLength(2)
    expect(ids(settled(book))).toEqual(['new', 'b', 'late', 'a'])
  })

  test('a call below the last loaded page is not new: it will come with its page', () => {
    const more = { ...two, nextCursor: 'x' }
    expect(withLive(more, { calls: [aCall('old', 10)], gone: [] }, latestFirst).waiting).toEqual([])
    expect(withLive(two, { calls: [aCall('old', 10)], gone: [] }, latestFirst).waiting).toHaveLength(1)
  })

  test('a call that no longer matches stays dimmed until the list is put in order', () => {
    const book = withLive(two, { calls: [], gone: [{ tenant: 'acme', id: 'b' }] }, latestFirst)
    expect(ids(book)).toEqual(['b', 'a'])
    expect(book.gone.has(keyOf(aCall('b', 0)))).toBe(true)
    expect(ids(settled(book))).toEqual(['a'])
  })

  test('a call that waited and no longer matches never appears', () => {
    const waiting = withLive(two, { calls: [aCall('new', 300)], gone: [] }, latestFirst)
    const gone = withLive(waiting, { calls: [], gone: [{ tenant: 'acme', id: 'new' }] }, latestFirst)
    expect(ids(settled(gone))).toEqual(['b', 'a'])
  })
})
