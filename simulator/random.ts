/** A stream of numbers that is the same on every machine for the same seed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number
  /** Uniform in [min, max). */
  between(min: number, max: number): number
  /** Uniform whole number in [min, max], both ends included. */
  int(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /**
   * An independent stream named by `label`. Depends on this stream's seed and the label alone, not on how many
   * numbers were drawn, so that calls stay the same however their messages interleave.
   */
  fork(label: string): Random
}

/**
 * Seeded generator: xoshiro128** (Blackman and Vigna, 2018) over four 32-bit words, which are filled by splitmix32
 * from a 64-bit hash of the seed. Integer arithmetic only, so no engine or processor can round it differently.
 */
export function createRandom(seed: number | string): Random {
  return fromHash(hashText(`seed:${seed}`, 0x9e3779b9, 0x243f6a88))
}

/** `length` lower-case hex digits. */
export function hex(random: Random, length: number): string {
  let text = ''
  while (text.length < length)
    text += Math.floor(random.next() * 4_294_967_296)
      .toString(16)
      .padStart(8, '0')
  return text.slice(0, length)
}

/** A version 4 UUID (RFC 9562). Its first group is never zero, so it can never be read as the nil UUID. */
export function uuid(random: Random): string {
  const digits = hex(random, 30)
  return `a${digits.slice(0, 7)}-${digits.slice(7, 11)}-4${digits.slice(11, 14)}-8${digits.slice(14, 17)}-${digits.slice(17, 29)}`
}

type Hash = readonly [high: number, low: number]

/** Two 32-bit multiplicative hashes over the UTF-16 units, finished with each other's bits. */
function hashText(text: string, high: number, low: number): Hash {
  let a = high
  let b = low
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    a = Math.imul(a ^ unit, 0x85ebca6b)
    b = Math.imul(b ^ unit, 0xc2b2ae35)
  }
  a = Math.imul(a ^ (a >>> 16), 0x7feb352d) ^ Math.imul(b ^ (b >>> 13), 0x846ca68b)
  b = Math.imul(b ^ (b >>> 16), 0x7feb352d) ^ Math.imul(a ^ (a >>> 13), 0x846ca68b)
  return [a >>> 0, b >>> 0]
}

function splitmix32(state: number): number {
  let z = state
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

function fromHash([high, low]: Hash): Random {
  let a = splitmix32(high)
  let b = splitmix32((high + 0x9e3779b9) | 0)
  let c = splitmix32(low)
  // All four words zero would stay zero for ever; one set bit is enough.
  let d = splitmix32((low + 0x9e3779b9) | 0) | 1

  function next(): number {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result / 4_294_967_296
  }

  return {
    next,
    between: (min, max) => min + next() * (max - min),
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[Math.floor(next() * items.length)]
      if (item === undefined) throw new Error('pick() needs at least one item')
      return item
    },
    fork: (label) => fromHash(hashText(label, high, low)),
  }
}
