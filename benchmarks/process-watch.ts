import { readFileSync } from 'node:fs'
import { slope } from './measure.ts'

export interface ProcessFigures {
  readonly peakRssMiB: number
  /** Of the second half of the time, by least squares. */
  readonly rssSlopeMiBPerMinute: number
  readonly cpuSeconds: number
  readonly points: readonly { readonly second: number; readonly rssMiB: number }[]
}

const everyMs = 1_000
const ticksPerSecond = 100

/** Watches another process from outside, by /proc (Linux): what it does to watch itself is then not counted. */
export function watchProcess(pid: number) {
  const began = performance.now()
  const cpuAtStart = cpuOf(pid)
  const points: { second: number; rssMiB: number }[] = []
  const look = (): void => {
    const rssMiB = rssOf(pid)
    if (rssMiB > 0) points.push({ second: (performance.now() - began) / 1_000, rssMiB })
  }
  look()
  const timer = setInterval(look, everyMs)
  return {
    stop(): ProcessFigures {
      clearInterval(timer)
      look()
      const half = points.slice(points.length >> 1)
      return {
        peakRssMiB: Math.max(...points.map(({ rssMiB }) => rssMiB)),
        rssSlopeMiBPerMinute: 60 * slope(half.map(({ second, rssMiB }) => [second, rssMiB])),
        cpuSeconds: cpuOf(pid) - cpuAtStart,
        points,
      }
    },
  }
}

function rssOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    return 0
  }
}

function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}
