import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEmbeddedLog, type EmbeddedLog } from './embedded-log.ts'
import { killTopics } from './kill-topics.ts'

const partitions = [0, 1, 2]
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-log-kill-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test.each([
  ['process', [3, 40, 90, 160, 300]],
  ['power', [3, 60, 200]],
] as const)(
  'a log killed at any moment (%s) keeps all it acknowledged, in order, and commits no further',
  async (durability, delays) => {
    const path = join(folder, 'log.db')
    const notes = join(folder, 'notes')
    let first = 0
    for (const delayMs of delays) {
      await writeUntilKilled([path, notes, String(first), durability], delayMs)
      const log = createEmbeddedLog({ path, topics: killTopics, clock: Date.now, durability })
      try {
        expect(log.openedAfterUncleanStop).toBe(true)
        first = await check(log, notesIn(notes))
      } finally {
        await log.close()
      }
    }
  },
)

/** Returns the next free number. */
async function check(log: EmbeddedLog, notes: Notes): Promise<number> {
  const extents = await log.extent('killed')
  const perPartition = await Promise.all(extents.map((extent) => log.read({ ...extent, offset: 0 }, 1_000_000)))
  const numbers = perPartition.map((records) => records.map(({ value }) => Number(Buffer.from(value).toString())))

  perPartition.forEach((records, partition) => {
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, at) => at)) // no gap
    expect(extents[partition]?.end).toBe(records.length)
    expect(numbers[partition]).toEqual(numbers[partition]?.toSorted((a, b) => a - b)) // in the order appended
  })
  const kept = new Set(numbers.flat())
  expect(kept.size).toBe(numbers.flat().length) // none twice
  expect(notes.appended.filter((number) => !kept.has(number))).toEqual([])

  for (const { partition, committed = 0, end } of log.lag('reader')) {
    expect(committed).toBeGreaterThanOrEqual(notes.committed[partition] ?? 0)
    expect(committed).toBeLessThanOrEqual(notes.committing[partition] ?? 0)
    expect(committed).toBeLessThanOrEqual(end)
  }
  expect(notes.appended.length).toBeGreaterThan(0)
  return Math.max(-1, ...kept) + 1
}

interface Notes {
  readonly appended: readonly number[]
  /** Last acknowledged, and greatest attempted, offset per partition. */
  readonly committed: readonly number[]
  readonly committing: readonly number[]
}

function notesIn(path: string): Notes {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const of = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(' ').slice(1).map(Number))
  const greatest = (word: string) =>
    partitions.map((partition) =>
      Math.max(0, ...of(word).flatMap(([at, offset]) => (at === partition ? [offset ?? 0] : []))),
    )
  return { appended: of('appended').flat(), committed: greatest('committed'), committing: greatest('committing') }
}

async function writeUntilKilled(args: readonly string[], delayMs: number): Promise<void> {
  const notesBefore = sizeOf(args[1] ?? '')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-writer.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const gone = once(child, 'exit')
  while (sizeOf(args[1] ?? '') === notesBefore && child.exitCode === null) await sleep(2)
  await sleep(delayMs)
  child.kill('SIGKILL')
  expect(await gone).toEqual([null, 'SIGKILL'])
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
