import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * Checksum of a row's content for a UInt64 column, as decimal text. It only has to order equal keys with unequal
 * content the same way everywhere, so any good 64 bits do: the first half of a one-shot SHA-1, which is the fastest
 * hash Node has natively (0.5 µs for 400 bytes). Two CRC-32 with different seeds would be no 64 bits: for texts of
 * one length they differ by a constant.
 */
export function contentChecksum64(text: string): string {
  return BigInt(`0x${hash('sha1', text, 'hex').slice(0, 16)}`).toString()
}

/**
 * The same for a row from which a person was erased: greater than that of any row but one in 65,536, so that of equal keys
 * the erased row is the one that stays, whoever writes the other one again and when.
 */
export const erasedChecksum64 = (text: string): string =>
  BigInt(`0xffff${hash('sha1', text, 'hex').slice(0, 12)}`).toString()

/** Of a row's content, erased or as sent. */
export const rowChecksum64 = (text: string, erased: boolean): string =>
  erased ? erasedChecksum64(text) : contentChecksum64(text)

/**
 * Checksum of a sample's content for a UInt16 column, where bytes count. CRC-32 cut to 16 bits: equal samples are
 * equal, and one conflict in 65,536 goes unseen (it stays in whichever row was merged last; conflicts are producers' faults).
 */
export const contentChecksum16 = (text: string): number => crc32(text) & 0xffff

/**
 * The same for the cells of a row, without making a text of them first: FNV-1a over 32-bit words (Fowler, Noll, Vo), with
 * the length and kind of each cell in it, so that no two lists of cells are one by shifting a value to its neighbour.
 */
export function cellsChecksum16(cells: readonly (string | number | null)[]): number {
  let h = 0x811c9dc5
  for (const cell of cells) {
    if (cell === null) h = Math.imul(h ^ 0x9e3779b9, prime)
    else if (typeof cell === 'number') {
      h = Math.imul(h ^ (cell | 0), prime)
      h = Math.imul(h ^ Math.floor(cell / 0x1_0000_0000), prime)
    } else {
      h = Math.imul(h ^ ~cell.length, prime)
      for (let at = 0; at < cell.length; at++) h = Math.imul(h ^ cell.charCodeAt(at), prime)
    }
    h ^= h >>> 15
  }
  return (h ^ (h >>> 16)) & 0xffff
}

const prime = 0x01000193

/**
 * What a thing *is*, as 32 hexadecimal characters. SHA-256 cut to 128 bits: here equal hashes make two log lines one,
 * so nobody may be able to forge an equal one, which rules out MD5; 2^64 lines are needed for an accidental pair.
 */
export const contentHash128 = (text: string): string => hash('sha256', text, 'hex').slice(0, 32)

// Deeper than any signal of ours (5) or attribute seen; JSON.parse itself accepts 200,000 levels, recursion does not.
const maxDepth = 64

/** Stands in for whatever lies deeper than 64 levels. */
const tooDeep = '"(nested too deeply)"'

/**
 * JSON with the keys of every object sorted, so that equal content is equal text. Own keys only (`__proto__` is a key
 * like any other); undefined members are left out, numbers that JSON does not know become null, as in JSON.stringify.
 */
export function stableJson(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (depth === maxDepth) return tooDeep
  if (Array.isArray(value)) return `[${value.map((item) => stableJson(item, depth + 1)).join(',')}]`
  let members = ''
  for (const [key, member] of Object.entries(value).sort(byKey)) {
    if (member === undefined) continue
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${stableJson(member, depth + 1)}`
  }
  return `{${members}}`
}

// By UTF-16 unit, never by locale: the same on every machine.
const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
