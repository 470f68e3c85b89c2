import { createHash } from 'node:crypto'
import type { Refusal } from '#contracts/dead-letters.ts'
import { bytesOf, type LogRecord, type NewRecord } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicNames } from '#contracts/topics.ts'
import { beginningOf } from '#contracts/well-formed.ts'
import { type EnvelopeHead, letterHeaders, openEnvelope, sealEnvelope } from './envelope.ts'

/** A message, or one part of it, that a pipeline refused for good. */
export interface Refused {
  readonly record: LogRecord
  readonly reason: ParkReason
  /** Names the field and the fix; quotes no value. */
  readonly detail: string
}

/**
 * Bytes kept of a body: 1 MiB, less what the rest of the letter may take. Kafka brokers accept 1 MiB in all by default,
 * and a dead letter that the log refuses would stop its pipeline for good.
 */
export const maxBodyBytes = 1_048_576 - 65_536

/** Refusals told one by one. A bad batch may hold thousands; its letter counts them all. */
const maxRefusalsTold = 50
const maxDetail = 300
/** What is carried of the message's own headers, in all, as JSON. */
const maxOriginalBytes = 16_384
/** Ids have at most 200 characters; a longer key is none of ours, and only decides the partition of a replay. */
const maxKeyLength = 1_024

/**
 * Dead letters of one pipeline, one per message however many parts of it were refused, so that a batch of a thousand
 * bad lines is not kept a thousand times. The key is what the letter is: `topic/partition/offset/pipeline`. Of a message that
 * names somebody who was erased nothing is kept but why it was refused: read again, it would bring them back.
 */
export function deadLetters(
  pipeline: string,
  refused: readonly Refused[],
  namesErased: (record: LogRecord) => boolean = () => false,
): readonly NewRecord[] {
  const messages = new Map<string, { readonly record: LogRecord; readonly refusals: Refusal[] }>()
  for (const { record, reason, detail } of refused) {
    const key = `${record.topic}/${record.partition}/${record.offset}/${pipeline}`
    const message = messages.get(key) ?? { record, refusals: [] }
    messages.set(key, message)
    message.refusals.push({ index: message.refusals.length, reason, detail: cleanDetail(detail) })
  }
  return [...messages].map(([key, { record, refusals }]) => {
    const kept = letter(key, pipeline, record, refusals)
    return namesErased(record) ? withoutBody(kept) : kept
  })
}

function letter(key: string, pipeline: string, record: LogRecord, refusals: readonly Refusal[]): NewRecord {
  return {
    topic: topicNames.deadLetter,
    key,
    headers: {
      [letterHeaders.topic]: record.topic,
      [letterHeaders.partition]: String(record.partition),
      [letterHeaders.offset]: String(record.offset),
      [letterHeaders.pipeline]: pipeline,
      [letterHeaders.reason]: refusals[0]?.reason ?? '',
    },
    value: sealed(bytesOf(record), {
      logTimeMs: record.logTimeMs,
      key: record.key === null || record.key.length > maxKeyLength ? null : record.key,
      ...originalHeaders(record),
      ...told(refusals),
    }),
  }
}

/** A letter that says why and how much was refused, and nothing of what. What is no letter of ours comes back as it is. */
export function withoutBody(letter: NewRecord): NewRecord {
  const envelope = openEnvelope(bytesOf(letter))
  if (envelope === undefined) return letter
  const { logTimeMs, headers, refused, refusals } = envelope.head
  const tenant = headers[recordHeaders.tenant]
  const head = {
    ...{ v: 1 as const, key: null, refused, refusals, erased: true as const },
    ...(logTimeMs === undefined ? {} : { logTimeMs }),
    headers: tenant === undefined ? {} : { [recordHeaders.tenant]: tenant },
  }
  return { ...letter, value: sealEnvelope({ head, body: new Uint8Array() }) }
}

const told = (refusals: readonly Refusal[]) => ({
  refused: refusals.length,
  refusals: refusals.slice(0, maxRefusalsTold),
})

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
  return {
    topic: topicNames.deadLetter,
    key: `${topic}/edge/${identity}`,
    headers: { [letterHeaders.topic]: topic, [letterHeaders.pipeline]: 'edge', [letterHeaders.reason]: reason },
    value: sealed(Buffer.from(value), {
      key: null,
      headers: { [recordHeaders.tenant]: tenant },
      ...told([{ index: 0, reason, detail: cleanDetail(detail) }]),
    }),
  }
}

function sealed(body: Uint8Array, about: Omit<EnvelopeHead, 'v' | 'cutFrom'>): Uint8Array {
  const head = { v: 1 as const, ...about }
  return body.length <= maxBodyBytes
    ? sealEnvelope({ head, body })
    : sealEnvelope({ head: { ...head, cutFrom: body.length }, body: body.subarray(0, maxBodyBytes) })
}

const ourHeaders: readonly string[] = Object.values(recordHeaders)

/** What reading the message again depends on: our edges' headers first, the content type, and binary mode's attributes. */
function originalHeaders({ headers }: LogRecord): Pick<EnvelopeHead, 'headers' | 'headersLeftOut'> {
  const ours = Object.entries(headers).filter(([name]) => ourHeaders.includes(name))
  const attributes = Object.entries(headers).filter(([name]) => name.startsWith('ce_'))
  const kept: [string, string][] = []
  let bytes = 0
  for (const [name, value] of [...ours, ...attributes]) {
    bytes += Buffer.byteLength(JSON.stringify([name, value]))
    if (bytes <= maxOriginalBytes) kept.push([name, value])
  }
  const leftOut = ours.length + attributes.length - kept.length
  return { headers: Object.fromEntries(kept), ...(leftOut === 0 ? {} : { headersLeftOut: leftOut }) }
}

const cleanDetail = (detail: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is taken out
  beginningOf(detail.toWellFormed().replace(/[\u0000-\u001f\u007f]+/g, ' '), maxDetail)
