import { spawn } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { recordsTable } from '#collectors/embedded-log/partitions.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { createLoad } from '#simulator/index.ts'
import { logPath } from './install.ts'
import { seconds, secondsOf } from './measure.ts'

/** Starts of the calls, then so many samples of them, appended to the log of a data folder by a process of its own. */
export interface SeedOrder {
  readonly folder: string
  readonly calls: number
  readonly samples: number
}

export interface Seeded {
  readonly messages: number
  readonly bytes: number
  readonly appendSeconds: number
  /** Every message read once more from the file by bare SQLite, its value parsed by bare JSON.parse. */
  readonly readAndParseSeconds: number
  readonly readSeconds: number
}

const recordsPerAppend = 5_000

/** In a process of its own, so that the memory of making messages is not counted as that of the pipelines. */
export async function seedLog(order: SeedOrder): Promise<Seeded> {
  const child = spawn(process.execPath, [import.meta.filename, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`the log could not be filled (exit code ${String(code)})`)
  return JSON.parse(Buffer.concat(chunks).toString()) as Seeded
}

async function fill({
  folder,
  calls,
  samples,
}: SeedOrder): Promise<Omit<Seeded, 'readSeconds' | 'readAndParseSeconds'>> {
  const log = createEmbeddedLog({ path: logPath(folder), topics: embeddedTopics, clock: Date.now, durability: 'power' })
  // Two streams a call, a sample each five seconds: the last one is made about now.
  const spanMs = (samples / (calls * 2)) * 5_000
  const load = createLoad({ seed: 1, calls, startMs: Date.now() - spanMs })
  let batch: NewRecord[] = []
  let messages = 0
  let bytes = 0
  const take = async (record: NewRecord) => {
    messages += 1
    bytes += record.value.length
    if (batch.push(record) < recordsPerAppend) return
    await log.append(batch)
    batch = []
  }
  const appendSeconds = await secondsOf(async () => {
    for (const { topic, key, value } of load.starts()) await take({ topic, key, value })
    let left = samples
    for (const { topic, key, value } of load.samples()) {
      if (left-- <= 0) break
      await take({ topic, key, value })
    }
    await log.append(batch)
  })
  await log.close()
  return { messages, bytes, appendSeconds }
}

/** The least that anybody must do who reads these messages out of this file. */
function readAll(folder: string, use: (value: string) => void): number {
  const db = new DatabaseSync(logPath(folder), { readOnly: true })
  const partitions = db.prepare(`SELECT id FROM partitions WHERE topic IN ('call-events', 'quality-samples')`).all()
  const took = seconds(() => {
    for (const { id } of partitions) {
      const read = db.prepare(`SELECT value FROM ${recordsTable(Number(id))} ORDER BY log_offset`)
      read.setReturnArrays(true)
      for (const row of read.iterate() as unknown as Iterable<[string]>) use(row[0])
    }
  })
  db.close()
  return took
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2] ?? '{}') as SeedOrder
  const filled = await fill(order)
  const readSeconds = readAll(order.folder, () => undefined)
  const readAndParseSeconds = readAll(order.folder, (value) => JSON.parse(value))
  process.stdout.write(JSON.stringify({ ...filled, readSeconds, readAndParseSeconds } satisfies Seeded))
}
