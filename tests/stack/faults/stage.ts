import { setTimeout as sleep } from 'node:timers/promises'
import type { NewRecord } from '#contracts/event-log.ts'
import { readPages, type TrafficFile } from '#tests/faults/traffic-file.ts'
import type { StackInstall } from './install.ts'
import type { WorkerProcess } from './worker-process.ts'

/** What a scenario works with while messages go in. */
export interface Stage {
  readonly install: StackInstall
  readonly traffic: TrafficFile
  readonly folder: string
  /** Two of them from the start; a scenario may kill, stop and add. */
  readonly workers: WorkerProcess[]
  /** Aborted when the last message has gone in. */
  readonly fed: AbortSignal
  /** How long disturbances last: a short run keeps them short. */
  readonly short: boolean
  readonly random: () => number
  say(text: string): void
}

export interface Feed {
  /** Messages a second. */
  readonly rate: number
  /** Changes what a producer sends: another order, more than once, other keys. */
  readonly bend?: (records: readonly NewRecord[], random: () => number) => readonly NewRecord[]
}

const pageSize = 200

/** Sends the whole file at its rate, each page until the log has taken it. Returns the messages appended. */
export async function feed(
  stage: Pick<Stage, 'install' | 'traffic' | 'random'>,
  { rate, bend }: Feed,
): Promise<number> {
  let sent = 0
  const began = performance.now()
  for await (const { records } of readPages(stage.traffic.path, { line: 0, byte: 0 }, () => pageSize)) {
    const page = bend?.(records, stage.random) ?? records
    for (;;) {
      const taken = await stage.install.log.append(page).then(
        () => true,
        () => false,
      )
      if (taken) break
      // A producer that got no answer sends again: duplicates of what was taken, and no gap.
      await sleep(300)
    }
    sent += page.length
    const dueMs = began + (sent / rate) * 1_000
    await sleep(Math.max(0, dueMs - performance.now()))
  }
  return sent
}

/** Pauses unless the feed ends first; true while it goes on. */
export async function goesOn({ fed }: Stage, ms: number): Promise<boolean> {
  await sleep(ms, undefined, { signal: fed }).catch(() => undefined)
  return !fed.aborted
}
