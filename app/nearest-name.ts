/** The known name that a mistyped one was most likely meant to be; undefined when none is near. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  const wanted = squash(typed)
  const [best] = known
    .map((name) => ({ name, distance: isShortened(wanted, squash(name)) ? 1 : distanceOf(wanted, squash(name)) }))
    .sort((a, b) => a.distance - b.distance)
  // More than a third of the letters wrong is another word, not a slip.
  return best !== undefined && best.distance <= Math.max(2, Math.floor(wanted.length / 3)) ? best.name : undefined
}

const squash = (name: string): string => name.toLowerCase().replace(/[^a-z0-9.]/g, '')

/** "directory" for "dir", "conf" for "config": one begins with the other. */
const isShortened = (a: string, b: string): boolean =>
  Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a))

/** Levenshtein distance, two rows at a time. */
function distanceOf(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(swap, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return above[b.length] ?? 0
}
