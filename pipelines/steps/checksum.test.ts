import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  cellsChecksum16,
  contentChecksum16,
  contentChecksum64,
  contentHash128,
  rowChecksum64,
  stableJson,
} from './checksum.ts'

test('a 64-bit checksum is decimal text that a UInt64 column takes', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const checksum = contentChecksum64(text)
      expect(checksum).toMatch(/^\d{1,20}$/)
      expect(BigInt(checksum) < 2n ** 64n).toBe(true)
    }),
  )
})

test('checksums are the same on every machine and in every release', () => {
  expect(contentChecksum64('')).toBe(BigInt('0xda39a3ee5e6b4b0d').toString()) // FIPS 180-4, SHA-1 of nothing
  expect(contentChecksum16('123456789')).toBe(0x3926) // CRC-32 check value cbf43926
  expect(contentHash128('')).toBe('e3b0c44298fc1c149afbf4c8996fb924') // FIPS 180-4, SHA-256 of nothing
})

test('equal content in another key order is equal text', () => {
  expect(stableJson({ b: 1, a: [{ d: 'x', c: null }] })).toBe('{"a":[{"c":null,"d":"x"}],"b":1}')
})

test('stable JSON says the same as JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(JSON.parse(stableJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('a __proto__ key is content like any other', () => {
  const hostile: unknown = JSON.parse('{"a":1,"__proto__":{"admin":true}}')
  expect(stableJson(hostile)).toBe('{"__proto__":{"admin":true},"a":1}')
})

test('content nested 100,000 levels deep is cut, not fatal', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(stableJson(deep)).toContain('nested too deeply')
})

test('equal cells have one checksum, and a value that moves to its neighbour has another', () => {
  expect(cellsChecksum16(['interval', 5_000, null, 3])).toBe(cellsChecksum16(['interval', 5_000, null, 3]))
  const lists = [
    [1, null],
    [null, 1],
    [1, 0],
    [0, 1],
    ['1', null],
    ['ab', 'c'],
    ['a', 'bc'],
    [2 ** 32, 1],
    [2 ** 33, 1],
  ]
  expect(new Set(lists.map(cellsChecksum16)).size).toBe(lists.length)
})

test('an erased row has a greater checksum than the row that it stands for, whichever is written last', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (sent, erased) => {
      const other = BigInt(contentChecksum64(sent))
      fc.pre(other >> 48n !== 0xffffn)
      expect(BigInt(rowChecksum64(erased, true)) > other).toBe(true)
      expect(rowChecksum64(sent, false)).toBe(contentChecksum64(sent))
    }),
  )
})
