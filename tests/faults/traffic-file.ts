import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { NewRecord } from '#contracts/event-log.ts'
import { bodyOf, parseLine, scenarioNames, simulateTraffic, type TrafficTruth, toLine } from '#simulator/index.ts'

export interface TrafficFile {
  readonly path: string
  readonly messages: number
  /** Event times of the run lie within [fromMs, toMs). */
  readonly fromMs: number
  /** When the first call arrives. */
  readonly startMs: number
  readonly toMs: number
  readonly truth: TrafficTruth
}

export interface TrafficFileOptions {
  readonly path: string
  readonly seed: number
  /** At least so many. */
  readonly messages: number
  readonly startMs: number
  /** All but these, by name. */
  readonly without?: readonly string[]
}

/** What a call of mixed traffic comes to, with its samples, logs and spans. */
const messagesPerCall = 95
/** Two hubs' worth: enough calls share one id that it may join nobody. */
const hubCalls = 70
const dayMs = 86_400_000

/** Simulated traffic as JSON lines, so that a feeder can go on from any byte, and the truth it must be judged by. */
export async function writeTraffic({
  path,
  seed,
  messages,
  startMs,
  without = [],
}: TrafficFileOptions): Promise<TrafficFile> {
  const calls = Math.ceil(messages / messagesPerCall)
  const traffic = simulateTraffic({
    ...{ seed, calls, startMs, concurrent: Math.max(40, calls / 20), poison: 0.005 },
    ...(calls < 2 * hubCalls ? {} : { hubCalls }),
    ...(without.length === 0 ? {} : { scenarios: scenarioNames.filter((name) => !without.includes(name)) }),
  })
  const file = createWriteStream(path)
  let written = 0
  for (const message of traffic.messages) {
    written++
    if (!file.write(`${toLine(message)}\n`)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
  const truth = traffic.truth()
  const last = truth.calls.reduce((latest, { lastSeenMs }) => Math.max(latest, lastSeenMs), startMs)
  // The longest calls began more than a day before the first message.
  return { path, messages: written, fromMs: startMs - 2 * dayMs, startMs, toMs: last + 1, truth }
}

/** A place in the file, between two lines. */
export interface Bookmark {
  readonly line: number
  readonly byte: number
}

export interface Page {
  readonly records: readonly NewRecord[]
  readonly end: Bookmark
}

/** The file from a bookmark on, in pages whose sizes the caller draws. */
export async function* readPages(path: string, from: Bookmark, pageSize: () => number): AsyncGenerator<Page> {
  const lines = createInterface({ input: createReadStream(path, { start: from.byte }), crlfDelay: Infinity })
  let { line, byte } = from
  let records: NewRecord[] = []
  let size = pageSize()
  for await (const text of lines) {
    line++
    byte += Buffer.byteLength(text) + 1
    const parsed = parseLine(text, line)
    if (parsed.type === 'refused') throw new Error(parsed.detail)
    const { topic, key, headers } = parsed.message
    records.push({ topic, key, headers, value: bodyOf(parsed.message) })
    if (records.length < size) continue
    yield { records, end: { line, byte } }
    records = []
    size = pageSize()
  }
  if (records.length > 0) yield { records, end: { line, byte } }
}
