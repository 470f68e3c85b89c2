import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import type { NewRecord, Polled } from '#contracts/event-log.ts'
import { createEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts'

export const minute = 60_000
export const limits = { maxRecords: 1_000, maxBytes: 1_000_000, waitMs: 0 }
export const t0 = { topic: 't', partition: 0 }

/** A fresh folder and a settable clock for each test of a file; whatever was opened is closed after it. */
export function useLogFolder() {
  const opened: EmbeddedLog[] = []
  const place = {
    path: '',
    now: 0,
    /** A log with one topic `t` of one partition that keeps an hour. */
    open(options: Partial<EmbeddedLogOptions> = {}): EmbeddedLog {
      const topics = [{ name: 't', partitions: 1, retentionMs: 60 * minute }]
      const log = createEmbeddedLog({
        path: place.path,
        topics,
        clock: () => place.now,
        durability: 'process',
        ...options,
      })
      opened.push(log)
      return log
    },
  }
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-log-'))
    place.path = join(folder, 'log.db')
    place.now = 1_700_000_000_000
  })
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close()
    rmSync(folder, { recursive: true })
  })
  return place
}

export const aRecord = (record: Partial<NewRecord> = {}): NewRecord => ({
  topic: 't',
  key: null,
  value: 'x',
  ...record,
})

export const records = (count: number, record: Partial<NewRecord> = {}): NewRecord[] =>
  Array.from({ length: count }, () => aRecord(record))

/** Join, poll once, commit an offset, leave. */
export async function commitAt(log: EmbeddedLog, group: string, offset: number): Promise<void> {
  const member = await log.join({ group, topics: ['t'] })
  const { generation } = await member.poll(limits)
  expect(await member.commit([{ ...t0, offset }], generation)).toBe('committed')
  await member.leave()
}

/** Join, poll once, leave. */
export async function poll(log: EmbeddedLog, group: string): Promise<Polled> {
  const member = await log.join({ group, topics: ['t'] })
  const polled = await member.poll(limits)
  await member.leave()
  return polled
}
