/** When a worker is to be killed. */
export type Kill =
  /** So long after it was started: it may not even be up. */
  | { readonly while: 'starting'; readonly delayMs: number }
  /** So long after the producer got this far. */
  | { readonly while: 'feeding'; readonly line: number; readonly delayMs: number }
  /** So long after the producer has told everything. */
  | { readonly while: 'draining'; readonly delayMs: number }

/** Seeded moments, spread over the whole run. */
export function planKills(count: number, lines: number, seed: number): readonly Kill[] {
  const random = randomFrom(seed)
  const between = (from: number, to: number) => Math.floor(from + random() * (to - from))
  const starting = Math.floor(count / 6)
  const draining = Math.max(1, Math.floor(count / 6))
  const feeding = Array.from({ length: count - starting - draining }, () => between(0, lines)).sort((a, b) => a - b)
  const kills: Kill[] = feeding.map((line) => ({ while: 'feeding', line, delayMs: between(0, 1_200) }))
  for (let at = 0; at < starting; at++) {
    kills.splice(between(0, kills.length + 1), 0, { while: 'starting', delayMs: between(50, 2_500) })
  }
  for (let at = 0; at < draining; at++) kills.push({ while: 'draining', delayMs: between(0, 4_000) })
  return kills
}

/** mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
