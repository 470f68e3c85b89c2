import { createHash } from 'node:crypto'
import { bytesOf, type LogRecord, type NewRecord } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicNames } from '#contracts/topics.ts'
import { letterHeaders, originalPrefix } from './headers.ts'

/** A message, or one part of it, that a pipeline refused for good. */
export interface Refused {
  readonly record: LogRecord
  readonly reason: ParkReason
  /** Names the field and the fix; quotes no value. */
  readonly detail: string
}

/** One refusal within a message, by its place among the message's refusals. */
export interface Refusal {
  readonly index: number
  readonly reason: string
  readonly detail: string
}

/**
 * Bytes kept of a body: 1 MiB, less what key and headers may take. Kafka brokers count those into the 1 MiB that they
 * accept by default, and a dead letter that the log refuses would stop its pipeline for good.
 */
export const maxBodyBytes = 1_048_576 - 65_536

/** Refusals told one by one. A bad batch may hold thousands; its letter counts them all. */
const maxRefusalsTold = 50
const maxDetail = 300
/** What is carried of the message's own headers, in all. */
const maxOriginalBytes = 16_384
/** Ids have at most 200 characters; a longer key is none of ours, and only decides the partition of a replay. */
const maxKeyLength = 1_024

/**
 * Dead letters of one pipeline, one per message however many parts of it were refused, so that a batch of a thousand
 * bad lines is not kept a thousand times. The key is what the letter is: `topic/partition/offset/pipeline`.
 */
export function deadLetters(pipeline: string, refused: readonly Refused[]): readonly NewRecord[] {
  const messages = new Map<string, { readonly record: LogRecord; readonly refusals: Refusal[] }>()
  for (const { record, reason, detail } of refused) {
    const key = `${record.topic}/${record.partition}/${record.offset}/${pipeline}`
    const message = messages.get(key) ?? { record, refusals: [] }
    messages.set(key, message)
    message.refusals.push({ index: message.refusals.length, reason, detail: cleanDetail(detail) })
  }
  return [...messages].map(([key, { record, refusals }]) => letter(key, pipeline, record, refusals))
}

function letter(key: string, pipeline: string, record: LogRecord, refusals: readonly Refusal[]): NewRecord {
  const headers = {
    ...originalHeaders(record),
    [letterHeaders.topic]: record.topic,
    [letterHeaders.partition]: String(record.partition),
    [letterHeaders.offset]: String(record.offset),
    [letterHeaders.logTime]: String(record.logTimeMs),
    ...(record.key === null || record.key.length > maxKeyLength ? {} : { [letterHeaders.key]: record.key }),
    ...explanation(pipeline, refusals),
  }
  return { topic: topicNames.deadLetter, key, ...bodyOf(bytesOf(record), headers) }
}

function explanation(pipeline: string, refusals: readonly Refusal[]): Record<string, string> {
  const [first] = refusals
  const told =
    refusals.length < 2 ? {} : { [letterHeaders.refusals]: JSON.stringify(refusals.slice(0, maxRefusalsTold)) }
  return {
    [letterHeaders.pipeline]: pipeline,
    [letterHeaders.reason]: first?.reason ?? '',
    [letterHeaders.detail]: first?.detail ?? '',
    [letterHeaders.refused]: String(refusals.length),
    ...told,
  }
}

/** A message that an edge took and then found to be for nobody: it never had a place in the log. */
export interface RefusedAtEdge {
  readonly reason: ParkReason
  readonly detail: string
  /** Where it would have gone. */
  readonly topic: string
  readonly tenant: string
  readonly value: string
}

/** The dead letter of an edge. Its identity is its content, so that a client that repeats itself makes one letter. */
export function edgeDeadLetter({ reason, detail, topic, tenant, value }: RefusedAtEdge): NewRecord {
  const identity = createHash('sha256').update(`${tenant}\u0000${value}`).digest('hex').slice(0, 32)
  const headers = {
    [`${originalPrefix}${recordHeaders.tenant}`]: tenant,
    [letterHeaders.topic]: topic,
    ...explanation('edge', [{ index: 0, reason, detail: cleanDetail(detail) }]),
  }
  return { topic: topicNames.deadLetter, key: `${topic}/edge/${identity}`, ...bodyOf(Buffer.from(value), headers) }
}

function bodyOf(body: Uint8Array, headers: Record<string, string>): Pick<NewRecord, 'headers' | 'value'> {
  if (body.length <= maxBodyBytes) return { headers, value: body }
  return {
    headers: { ...headers, [letterHeaders.cutFrom]: String(body.length) },
    value: body.subarray(0, maxBodyBytes),
  }
}

/** What reading the message again depends on: our edges' headers, the content type, and binary mode's attributes. */
function originalHeaders({ headers }: LogRecord): Record<string, string> {
  const kept: [string, string][] = []
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) {
    const known = name === recordHeaders.tenant || name === recordHeaders.run || name === recordHeaders.contentType
    if (!known && !name.startsWith('ce_')) continue
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    if (bytes <= maxOriginalBytes) kept.push([`${originalPrefix}${name}`, value])
  }
  const contentType = headers[recordHeaders.contentType]
  if (contentType !== undefined) kept.push([letterHeaders.contentType, contentType.slice(0, maxDetail)])
  return Object.fromEntries(kept)
}

const cleanDetail = (detail: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is taken out
  detail.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, maxDetail)
