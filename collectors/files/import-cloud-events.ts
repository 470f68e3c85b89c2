import type { z } from 'zod'
import type { NewRecord } from '#contracts/event-log.ts'
import { eventBytesTaken, eventTooLarge, isLongerThan } from '#contracts/message-size.ts'
import { parseSafely } from '#contracts/parse.ts'
import { signals, topicOfType } from '#contracts/signals/index.ts'
import { isStat, type RtcStat } from '../getstats/rtc-stats.ts'
import { type DumpRefusal, refused } from './dump-entry.ts'
import type { FileReader, Found, ReaderParts } from './file-reader.ts'
import { readJsonTexts } from './json-texts.ts'

/**
 * CloudEvents in JSON: one event or one array of events to a line, or one document. Each is checked against its schema
 * here, so that what is wrong is told with its line; the rest goes on to the log as it was sent.
 */
export const importCloudEvents: FileReader = async function* importCloudEvents(path, parts): AsyncGenerator<Found> {
  for await (const { line, text, tooLarge, complete } of readJsonTexts(path, parts.limits)) {
    const value = tooLarge === undefined ? parse(text) : undefined
    if (tooLarge !== undefined) yield { line, ...refused('too_large', tooLarge) }
    else if (value === undefined) {
      const detail = complete ? 'line: is not JSON' : 'line: is cut off: the file ends inside it'
      yield { line, ...refused('malformed_json', detail) }
    } else {
      for (const event of Array.isArray(value) ? value : [value]) {
        const read = readEvent(event, parts)
        yield 'topic' in read ? { line, type: 'record', record: read } : { line, ...read }
      }
    }
  }
}

function readEvent(event: unknown, parts: ReaderParts): NewRecord | DumpRefusal {
  if (!isStat(event)) return refused('invalid_schema', 'event: must be an object')
  const topic = typeof event.type === 'string' ? topicOfType(event.type) : undefined
  const signal = Object.values(signals).find(({ topics }) => (topics as readonly string[]).includes(topic ?? ''))
  if (topic === undefined || signal === undefined) return refused('unknown_type', 'type: is none that is known')
  if (event.tenantid !== undefined && event.tenantid !== parts.tenant) {
    return refused('tenant_mismatch', 'tenantid: names another tenant than this import')
  }
  const parsed = parseSafely(signal.schema, event)
  if (!parsed.success) return refused(reasonOf(parsed.error), detailOf(parsed.error))
  const distrusted = parts.window(Date.parse(String(event.time)))
  if (distrusted !== undefined) return refused(distrusted.reason, distrusted.detail)
  const record = parts.records.event(topic, keyOf(event), event)
  if (isLongerThan(eventBytesTaken, record.value)) return refused('too_large', `event: ${eventTooLarge}`)
  count(event, parts)
  return record
}

function count({ type, correlationid, data }: RtcStat, { tally }: ReaderParts): void {
  const isSample = type === 'quality.sample'
  tally.add(isSample ? 'samples' : 'events')
  const aboutCall = isSample || /^(call|conference|cdr)\./.test(String(type))
  if (aboutCall && typeof correlationid === 'string') tally.call(correlationid)
  if (!isSample || !isStat(data)) return
  const { leg_id = '', kind = 'audio', direction, stream_id = '', observer } = data
  tally.stream([correlationid, leg_id, kind, direction, stream_id, observer].join(' '))
}

/** What each topic is keyed by (docs/architecture.md, Topics). */
function keyOf({ type, correlationid, data }: RtcStat): string | null {
  const family = String(type).split('.', 1)[0]
  const fields = isStat(data) ? data : {}
  const key =
    family === 'chat'
      ? fields.conversation_id
      : family === 'presence'
        ? fields.user_id
        : family === 'audit'
          ? fields.actor_id
          : correlationid
  return typeof key === 'string' ? key : null
}

const reasonOf = ({ issues }: z.ZodError): 'unknown_type' | 'invalid_schema' =>
  issues.some(({ code, path }) => code === 'invalid_union' && path.at(-1) === 'type')
    ? 'unknown_type'
    : 'invalid_schema'

function detailOf({ issues }: z.ZodError): string {
  const [first] = issues
  return first === undefined ? 'event: does not fit' : `${first.path.join('.') || 'event'}: ${first.message}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
