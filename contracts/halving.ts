import { isHopeless } from './errors.ts'

/**
 * Does something over many at once; where that can never succeed, over halves, until the guilty ones are alone. Returns what it
 * gave, without theirs. Throws what may pass with time.
 */
export async function overHalves<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  if (items.length === 0) return []
  try {
    return await work(items)
  } catch (error) {
    if (!isHopeless(error)) throw error
    if (items.length === 1) return []
    const middle = items.length >> 1
    return [...(await overHalves(items.slice(0, middle), work)), ...(await overHalves(items.slice(middle), work))]
  }
}
