/** The greatest of 1, 2, 5, 10, 20 … that is not above a value: what a scale is labelled with. */
export function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const digit = value / power
  return (digit >= 5 ? 5 : digit >= 2 ? 2 : 1) * power
}

/** The interval before or after the one that holds the instant. */
export function nextInterval(startMs: Float64Array, atMs: number, step: 1 | -1): number | undefined {
  let [low, high] = [0, startMs.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((startMs[middle] ?? 0) > atMs) high = middle
    else low = middle + 1
  }
  // `low` is the first that begins later; the one before it holds the instant.
  const index = step === 1 ? low : low - 2
  return startMs[index]
}
