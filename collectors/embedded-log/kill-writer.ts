/**
 * Child process of `kill.test.ts`: appends and commits as fast as it can until it is killed, and notes in a file
 * what was acknowledged. The file is written with one write() per line, which a SIGKILL does not undo.
 * Usage: node kill-writer.ts <log> <notes> <first number> <durability>
 */
import { openSync, writeSync } from 'node:fs'
import type { Membership } from '#contracts/event-log.ts'
import { createEmbeddedLog } from './embedded-log.ts'
import { killTopics } from './kill-topics.ts'

const [path = '', notesPath = '', first = '0', durability = 'process'] = process.argv.slice(2)
const notes = openSync(notesPath, 'a')
const note = (line: string): void => void writeSync(notes, `${line}\n`)
const log = createEmbeddedLog({
  path,
  topics: killTopics,
  clock: Date.now,
  durability: durability === 'power' ? 'power' : 'process',
})

let number = Number(first)

/** Appends of one to three records, numbered from left to right. */
async function appendForEver(): Promise<never> {
  for (;;) {
    const numbers = Array.from({ length: 1 + (number % 3) }, () => number++)
    await log.append(numbers.map((n) => ({ topic: 'killed', key: `call-${n % 50}`, value: String(n) })))
    note(`appended ${numbers.join(' ')}`)
  }
}

async function readForEver(member: Membership): Promise<never> {
  for (;;) {
    const { records, positions, generation } = await member.poll({ maxRecords: 20, maxBytes: 100_000, waitMs: 50 })
    if (records.length === 0) continue
    for (const { partition, next } of positions) note(`committing ${partition} ${next}`)
    const offsets = positions.map(({ topic, partition, next }) => ({ topic, partition, offset: next }))
    if ((await member.commit(offsets, generation)) === 'stale') continue
    for (const { partition, next } of positions) note(`committed ${partition} ${next}`)
  }
}

const member = await log.join({ group: 'reader', topics: ['killed'] })
await Promise.all([appendForEver(), appendForEver(), appendForEver(), readForEver(member)])
