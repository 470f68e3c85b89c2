/** Index of the instant nearest to `atMs` in an ordered list, if it is near enough; -1 otherwise. */
export function nearest(times: readonly number[], atMs: number, withinMs: number): number {
  const after = firstAfter(times, atMs)
  const distance = (index: number): number => Math.abs((times[index] ?? Number.POSITIVE_INFINITY) - atMs)
  const best = distance(after - 1) <= distance(after) ? after - 1 : after
  return distance(best) <= withinMs ? best : -1
}

/** The next instant in a direction: where an arrow key leads. */
export function stepTo(times: readonly number[], atMs: number, step: 1 | -1): number | undefined {
  const after = firstAfter(times, atMs)
  if (step === 1) return times[after]
  const before = times[after - 1] === atMs ? firstAtOrAfter(times, atMs) - 1 : after - 1
  return times[before]
}

function firstAfter(times: readonly number[], atMs: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) > atMs) high = middle
    else low = middle + 1
  }
  return low
}

function firstAtOrAfter(times: readonly number[], atMs: number): number {
  let index = firstAfter(times, atMs)
  while (index > 0 && times[index - 1] === atMs) index--
  return index
}
