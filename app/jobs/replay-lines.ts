import { readLines } from '#collectors/files/read-lines.ts'
import type { JobReport } from '#collectors/http/ports.ts'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicNames } from '#contracts/topics.ts'
import { bodyOf, parseLine } from '#simulator/message.ts'
import { createPace } from './pace.ts'
import { createRefusals, type Refusals } from './refusals.ts'

interface ReplayParts {
  readonly path: string
  readonly run: string
  readonly log: Pick<EventLog, 'append'>
  readonly rate?: number | undefined
  readonly repeat?: number | undefined
  readonly stopping?: AbortSignal | undefined
  readonly onProgress?: ((messages: number) => void) | undefined
}

/** Lines appended at once: a transaction of the embedded log, and some hundred kilobytes. */
const linesAtOnce = 1_000
const limits = { maxLineBytes: 16 * 1_048_576, maxBytes: Number.MAX_SAFE_INTEGER }

/** Topics that lines may go to. Announcements and dead letters are ours to write. */
const openTopics: ReadonlySet<string> = new Set(
  Object.values(topicNames).filter((topic) => !topic.startsWith('call-changes') && topic !== topicNames.deadLetter),
)

/** Appends `{topic, key, headers, value}` lines to the log, in order. A bad line is refused by itself. */
export async function replayLines(parts: ReplayParts): Promise<Omit<JobReport, 'run'>> {
  const refusals = createRefusals()
  const pace = createPace(parts.rate, parts.stopping)
  let messages = 0
  for (let round = 0; round < (parts.repeat ?? 1); round++) {
    for await (const batch of batchesOf(parts, refusals, Math.min(linesAtOnce, Math.ceil(parts.rate ?? linesAtOnce)))) {
      await parts.log.append(batch)
      messages += batch.length
      parts.onProgress?.(messages)
      await pace(messages)
    }
  }
  return { counts: { messages, refused: refusals.total() }, refused: refusals.report(), notes: [] }
}

async function* batchesOf({ path, run }: ReplayParts, refusals: Refusals, size: number): AsyncGenerator<NewRecord[]> {
  let batch: NewRecord[] = []
  for await (const { number, text, tooLong } of readLines(path, limits)) {
    if (text.trim() === '' && !tooLong) continue
    const record = tooLong ? 'is longer than 16 MiB' : recordOf(text, number, run)
    if (typeof record === 'string')
      refusals.add('invalid_line', record.startsWith('line ') ? record : `line ${number}: ${record}`)
    else batch.push(record)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** Headers of ours in the file never pass, but for the tenant: a recording of the log says there whose message it was. */
function recordOf(text: string, line: number, run: string): NewRecord | string {
  const parsed = parseLine(text, line)
  if (parsed.type === 'refused') return parsed.detail
  const { topic, key, headers } = parsed.message
  if (!openTopics.has(topic)) return `topic: must be one of ${[...openTopics].join(', ')}`
  const kept = Object.entries(headers).filter(
    ([name]) => !name.toLowerCase().startsWith('callscope-') || name === recordHeaders.tenant,
  )
  return {
    topic,
    key,
    headers: { ...Object.fromEntries(kept), [recordHeaders.run]: run },
    value: bodyOf(parsed.message),
  }
}
