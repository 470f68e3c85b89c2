import { isUtf8 } from 'node:buffer'
import type { KafkaMessage } from 'kafkajs'
import type { LogRecord, TopicPartition } from '#contracts/event-log.ts'
import { isProducersTime } from './kafkajs-inside.ts'

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})
const noBytes = Buffer.alloc(0)

/**
 * A record as the port wants it. The value stays the slice of the answer it came in. What the log has taken it has taken by
 * now: a time beyond `latestMs` is a producer's own (CreateTime), and would have every call settle that is open.
 */
export function recordOf(
  { topic, partition }: TopicPartition,
  message: KafkaMessage,
  latestMs = Number.POSITIVE_INFINITY,
): LogRecord {
  // -1 where a producer of CreateTime gave none. No store has a time before 1970.
  const toldMs = Number(message.timestamp)
  const record: LogRecord = {
    topic,
    partition,
    offset: Number(message.offset),
    logTimeMs: toldMs > 0 ? Math.min(toldMs, latestMs) : 0,
    key: message.key === null ? null : message.key.toString(),
    headers: headersOf(message.headers),
    value: message.value ?? noBytes,
  }
  return isProducersTime(message) ? { ...record, isProducersTime: true } : record
}

/** A header that occurs more than once keeps its last value, as in HTTP's way of overriding. */
function headersOf(headers: KafkaMessage['headers']): Readonly<Record<string, string>> {
  let read: Record<string, string> | undefined
  for (const name in headers) {
    const given = headers[name]
    const value = Array.isArray(given) ? given.at(-1) : given
    if (value === undefined || value === null) continue
    read ??= {}
    read[name] = textOf(value)
  }
  return read ?? noHeaders
}

/**
 * Where bytes are no UTF-8 stands half a character: a text that no reader of events takes, so that an attribute of binary
 * mode is refused by its name instead of being stored as another.
 */
const textOf = (value: Buffer | string): string =>
  typeof value === 'string' || isUtf8(value) ? value.toString() : value.toString().replaceAll('\ufffd', '\udfff')

/** What a decoded record holds of memory beside its bytes, about: two numbers as text, objects, its place in an array. */
export const recordOverheadBytes = 256

/** What a record counts against `maxBytes`. */
export function sizeOf({ key, value, headers }: KafkaMessage): number {
  let bytes = (value?.length ?? 0) + (key?.length ?? 0)
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0)
  return bytes
}
