import { readFileSync } from 'node:fs'

/** How many files and connections this process may have open; undefined where the system does not say it in /proc. */
export function fileDescriptors(
  limits: () => string = () => readFileSync('/proc/self/limits', 'utf8'),
): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits())?.[1]
    return soft === undefined || soft === 'unlimited' ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** Three quarters are the stores': a warehouse opens hundreds of parts at once, and one that cannot loses what it was given. */
export const connectionsWithin = (wanted: number, descriptors: number | undefined): number =>
  descriptors === undefined ? wanted : Math.min(wanted, Math.max(16, Math.floor(descriptors / 4)))
