import { readdirSync, readFileSync } from 'node:fs'
import { slope } from './measure.ts'

export interface ResourcePoint {
  readonly second: number
  readonly rssMiB: number
  readonly heapMiB: number
  readonly [figure: string]: number
}

export interface Resources {
  readonly points: readonly ResourcePoint[]
  readonly peakRssMiB: number
  /** Of the second half of the time, by least squares: what does not level off is a leak. */
  readonly rssSlopeMiBPerMinute: number
  readonly userSeconds: number
  readonly systemSeconds: number
  /** The JavaScript thread alone; the rest is the engine's threads, SQLite's waits excepted, and garbage collection. */
  readonly mainThreadSeconds: number
  /** CPU seconds by name of thread, where the system tells (Linux). The engine renames its threads by what they do. */
  readonly byThread: Readonly<Record<string, number>>
}

const tickMs = 250
const pointEveryMs = 1_000

/** Watches this process until stopped. `more` adds figures of the caller's own to each point. */
export function watchResources(more: () => Readonly<Record<string, number>> = () => ({})) {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const main = process.threadCpuUsage()
  const threads = createThreadWatch()
  const points: ResourcePoint[] = []
  let peak = 0
  let ticks = 0

  const timer = setInterval(() => {
    threads.look()
    const rss = process.memoryUsage.rss()
    peak = Math.max(peak, rss)
    if (ticks++ % (pointEveryMs / tickMs) !== 0) return
    const second = Math.round((performance.now() - started) / 100) / 10
    const heap = process.memoryUsage().heapUsed
    points.push({ second, rssMiB: rss / 2 ** 20, heapMiB: heap / 2 ** 20, ...more() })
  }, tickMs)

  return {
    points,
    stop(): Resources {
      clearInterval(timer)
      threads.look()
      const { user, system } = process.cpuUsage(cpu)
      const own = process.threadCpuUsage(main)
      const half = points.slice(points.length >> 1)
      return {
        points,
        peakRssMiB: Math.max(peak, process.memoryUsage.rss()) / 2 ** 20,
        rssSlopeMiBPerMinute: 60 * slope(half.map(({ second, rssMiB }) => [second, rssMiB])),
        userSeconds: user / 1e6,
        systemSeconds: system / 1e6,
        mainThreadSeconds: (own.user + own.system) / 1e6,
        byThread: threads.seconds(),
      }
    },
  }
}

const ticksPerSecond = 100

/** Lays what each thread has used since the last look with the name it has now. */
function createThreadWatch() {
  const used = new Map<string, number>()
  const byName = new Map<string, number>()
  look()

  function look(): void {
    for (const [thread, name, ticks] of threadsNow()) {
      const before = used.get(thread) ?? 0
      used.set(thread, ticks)
      byName.set(name, (byName.get(name) ?? 0) + Math.max(0, ticks - before) / ticksPerSecond)
    }
  }

  return {
    look,
    seconds: () => Object.fromEntries([...byName].filter(([, value]) => value >= 0.05).sort((a, b) => b[1] - a[1])),
  }
}

function threadsNow(): readonly (readonly [thread: string, name: string, ticks: number])[] {
  try {
    return readdirSync('/proc/self/task').flatMap((thread) => {
      try {
        const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
        const end = stat.lastIndexOf(')')
        const fields = stat.slice(end + 2).split(' ')
        return [[thread, stat.slice(stat.indexOf('(') + 1, end), Number(fields[11]) + Number(fields[12])] as const]
      } catch {
        return [] // ended while we looked
      }
    })
  } catch {
    return [] // not Linux
  }
}
