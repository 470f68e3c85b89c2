import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kill } from './kill-plan.ts'
import type { TrafficFile } from './traffic-file.ts'
import type { WorkerNews } from './worker.ts'

export interface Course {
  /** Holds the install and the producer's notes. */
  readonly folder: string
  readonly traffic: TrafficFile
  /** Start-up replay after an unclean stop. */
  readonly replay: 'on' | 'off'
  readonly kills: readonly Kill[]
  readonly onEnd: (life: string) => void
}

export interface Lives {
  /** Messages whose append was acknowledged, those told again after a kill among them. */
  readonly sent: number
  /** From the start of a process to its pipelines running, for those that lived to see it. */
  readonly recoverySeconds: { readonly median: number; readonly most: number }
  /** From the last start until all was dealt with. */
  readonly drainSeconds: number
  /** What the processes said on standard error. */
  readonly complaints: readonly string[]
}

export const installIn = (folder: string): string => join(folder, 'install')

/** One process after the other, each killed at its moment, and a last one that ends its work and stops. */
export async function liveAndDie(course: Course): Promise<Lives> {
  const { kills, traffic, onEnd } = course
  const recoveries: number[] = []
  const complaints: string[] = []
  let sent = 0
  let drainMs = 0
  for (const kill of [...kills, undefined]) {
    const life = startLife(course)
    await Promise.race([life.endedByItself, momentOf(kill, life, traffic)])
    drainMs = life.ageMs()
    if (kill === undefined) life.child.send('stop')
    else life.child.kill('SIGKILL')
    await life.ended
    sent += life.sent()
    recoveries.push(...life.recoveries())
    if (life.complaints() !== '') complaints.push(life.complaints())
    onEnd(`${describe(kill)}, ${(drainMs / 1_000).toFixed(1)} s old, at line ${life.line()} of ${traffic.messages}`)
  }
  recoveries.sort((a, b) => a - b)
  const recoverySeconds = {
    median: inSeconds(recoveries[recoveries.length >> 1] ?? 0),
    most: inSeconds(recoveries.at(-1) ?? 0),
  }
  return { sent, complaints, recoverySeconds, drainSeconds: inSeconds(drainMs) }
}

export const inSeconds = (ms: number): number => Math.round(ms / 100) / 10

const describe = (kill: Kill | undefined): string => (kill === undefined ? 'stopped' : `killed while ${kill.while}`)

async function momentOf(kill: Kill | undefined, life: Life, { messages }: TrafficFile): Promise<void> {
  if (kill === undefined) return life.until(({ type }) => type === 'drained')
  if (kill.while === 'feeding') await life.until((news) => news.type === 'fed' && news.line >= kill.line)
  if (kill.while === 'draining') await life.until((news) => news.type === 'fed' && news.line >= messages)
  await sleep(kill.delayMs)
}

interface Life {
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
  /** Rejects when it ends before anybody has killed or stopped it. */
  readonly endedByItself: Promise<never>
  until(holds: (news: WorkerNews) => boolean): Promise<void>
  ageMs(): number
  line(): number
  sent(): number
  recoveries(): readonly number[]
  complaints(): string
}

function startLife({ folder, traffic, replay }: Course): Life {
  const args = [installIn(folder), traffic.path, join(folder, 'progress'), replay === 'on' ? 'power' : 'process']
  const began = performance.now()
  const child = fork(join(import.meta.dirname, 'worker.ts'), args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
  const waiting: { readonly holds: (news: WorkerNews) => boolean; readonly resolve: () => void }[] = []
  const recoveries: number[] = []
  let latest = { line: 0, sent: 0 }
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  child.on('message', (message) => {
    const news = message as WorkerNews
    if (news.type === 'ready') recoveries.push(performance.now() - began)
    if (news.type === 'fed') latest = news
    for (const { holds, resolve } of waiting) if (holds(news)) resolve()
  })
  const ended = once(child, 'exit')
  const endedByItself = ended.then(([code, signal]) => {
    throw new Error(`a process ended by itself (${String(signal ?? code)}): ${complaints}`)
  })
  endedByItself.catch(() => undefined) // after a kill nobody looks at it any more
  return {
    child,
    ended,
    endedByItself,
    until: (holds) => new Promise((resolve) => waiting.push({ holds, resolve })),
    ageMs: () => performance.now() - began,
    line: () => latest.line,
    sent: () => latest.sent,
    recoveries: () => recoveries,
    complaints: () => complaints.trim(),
  }
}
