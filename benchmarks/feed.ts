import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import { secondsOf, wait } from './measure.ts'

/** A message, and when it is due. */
export interface DueMessage extends Pick<NewRecord, 'topic' | 'value'> {
  readonly key: string
  readonly atMs: number
}

export interface FeedParts {
  readonly log: Pick<EventLog, 'append'>
  /** In order of time, and best without end. */
  readonly load: { samples(): Iterable<DueMessage> }
  /** Ids of calls that get no more samples. */
  readonly ended: ReadonlySet<string>
  readonly signal: AbortSignal
}

const feedEveryMs = 20

/** Appends each message when it is due by the clock, until told to stop. */
export async function feed({ log, load, ended, signal }: FeedParts) {
  let sent = 0
  let latestMs = 0
  let batch: NewRecord[] = []
  const seconds = await secondsOf(async () => {
    for (const { topic, key, value, atMs } of load.samples()) {
      if (atMs > Date.now()) {
        sent += batch.length
        await log.append(batch)
        batch = []
        if (signal.aborted) break
        await wait(Math.max(feedEveryMs, atMs - Date.now()))
        latestMs = Math.max(latestMs, Date.now() - atMs)
      }
      if (!ended.has(key)) batch.push({ topic, key, value })
    }
  })
  return { samples: { sent, seconds }, latestMs }
}
