import { describe, expect, test } from 'vitest'
import { queryOfAddress } from '../private-query.ts'
import {
  addressOf,
  changed,
  cleared,
  filterCount,
  isNarrowed,
  listAddress,
  queryOf,
  readFilters,
  sortedBy,
} from './filters.ts'

describe('filters in the address', () => {
  test.each([
    '/',
    '/?class=poor',
    '/?class=poor,degraded&tenant=acme&carrier=north+line&since=24h',
    '/?finding=one_way_audio&since=2026-01-31T10:00:00.000Z&until=2026-01-31T11:00:00.000Z',
    '/?sort=mos&order=asc#q=%2B4930',
    '/?sort=started&order=asc',
  ])('%s is read and written alike', (address) => {
    const { search, hash } = new URL(address, 'http://localhost')
    expect(addressOf(readFilters(queryOfAddress(search, hash)))).toBe(address)
  })

  test('an address that says the same in other words has the same spelling', () => {
    expect(addressOf(readFilters('?tenant=acme&class=degraded,poor'))).toBe('/?class=poor,degraded&tenant=acme')
    expect(addressOf(readFilters('?sort=started&order=desc'))).toBe('/')
  })

  test('what an address says that is not known is left out', () => {
    const filters = readFilters('?class=terrible,poor&sort=beauty&order=up&colour=red&tenant=+&limit=9')
    expect(queryOf(filters)).toEqual({ class: 'poor' })
  })

  test('hostile values are escaped, not believed', () => {
    expect(addressOf(readFilters('?carrier=%26tenant%3Dother%23'))).toBe('/?carrier=%26tenant%3Dother%23')
  })

  test('a link to the list carries only what it is given', () => {
    expect(listAddress({ carrier: 'voxgate', class: 'poor', since: '60m' })).toBe(
      '/?class=poor&carrier=voxgate&since=60m',
    )
  })
})

describe('narrowing', () => {
  test('an empty value takes a filter away', () => {
    const filters = readFilters('?carrier=a&region=b')
    expect(addressOf(changed(filters, { carrier: '', region: undefined }))).toBe('/')
  })

  test('a time range counts once, and sorting not at all', () => {
    expect(filterCount(readFilters('?since=1h&until=30m&class=poor,good&q=abc&sort=mos'))).toBe(3)
    expect(isNarrowed(readFilters('?sort=mos'))).toBe(false)
  })

  test('clearing keeps the sort', () => {
    expect(addressOf(cleared(readFilters('?class=poor&q=abc&sort=duration')))).toBe('/?sort=duration&order=desc')
  })
})

describe('sorting', () => {
  test('by MOS begins with the worst, by duration with the longest, and turns round when asked again', () => {
    const byMos = sortedBy(readFilters(''), 'mos')
    expect(byMos).toMatchObject({ sort: 'mos', order: 'asc' })
    expect(sortedBy(byMos, 'mos')).toMatchObject({ sort: 'mos', order: 'desc' })
    expect(sortedBy(byMos, 'duration')).toMatchObject({ sort: 'duration', order: 'desc' })
  })
})
