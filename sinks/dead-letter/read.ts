import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { bytesOf, type LogRecord, type NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import type { Refusal } from './build.ts'
import { letterHeaders, originalPrefix } from './headers.ts'

/** A dead letter as people see it. */
export interface DeadLetter {
  /** Where the letter lies in the dead-letter topic, `partition-offset`: short enough to type. */
  readonly id: string
  /** What the letter is: `topic/partition/offset/pipeline`. Equal after a repeat. */
  readonly identity: string
  /** When the log took the message (an edge's letter: the letter), epoch milliseconds. */
  readonly atMs: number
  readonly reason: string
  readonly detail: string
  readonly pipeline: string
  readonly topic: string
  /** -1 for a message that an edge refused before it had a place. */
  readonly partition: number
  readonly offset: number
  readonly tenant: string | undefined
  /** How many parts of the message were refused. */
  readonly refused: number
  /** The first 50 of them. */
  readonly refusals: readonly Refusal[]
  /** False when only the beginning of the body was kept. */
  readonly whole: boolean
}

const refusalList = z.array(z.object({ index: z.number(), reason: z.string(), detail: z.string() }))

/** Reads a record of the dead-letter topic. Undefined for one that is no letter of ours. */
export function readDeadLetter(record: LogRecord): DeadLetter | undefined {
  const { headers } = record
  const reason = headers[letterHeaders.reason]
  const topic = headers[letterHeaders.topic]
  const pipeline = headers[letterHeaders.pipeline]
  if (reason === undefined || topic === undefined || pipeline === undefined) return undefined
  const detail = headers[letterHeaders.detail] ?? ''
  return {
    id: `${record.partition}-${record.offset}`,
    identity: record.key ?? '',
    atMs: numberOr(headers[letterHeaders.logTime], record.logTimeMs),
    reason,
    detail,
    pipeline,
    topic,
    partition: numberOr(headers[letterHeaders.partition], -1),
    offset: numberOr(headers[letterHeaders.offset], -1),
    tenant: headers[`${originalPrefix}${recordHeaders.tenant}`],
    refused: numberOr(headers[letterHeaders.refused], 1),
    refusals: refusalsOf(headers[letterHeaders.refusals]) ?? [{ index: 0, reason, detail }],
    whole: headers[letterHeaders.cutFrom] === undefined,
  }
}

function refusalsOf(text: string | undefined): readonly Refusal[] | undefined {
  if (text === undefined) return undefined
  try {
    return refusalList.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const numberOr = (text: string | undefined, otherwise: number): number => {
  const number = Number(text ?? Number.NaN)
  return Number.isSafeInteger(number) ? number : otherwise
}

/** The body for people: text where it is text, else base64 behind `base64:`. */
export const letterBody = (record: LogRecord): string => {
  const bytes = Buffer.from(bytesOf(record))
  return isUtf8(bytes) ? bytes.toString('utf8') : `base64:${bytes.toString('base64')}`
}

/** The message as it came, to be appended again where it came from: same key, same headers, same bytes. */
export function originalMessage(record: LogRecord): NewRecord | undefined {
  const letter = readDeadLetter(record)
  if (letter === undefined || !letter.whole) return undefined
  const headers = Object.entries(record.headers).flatMap(([name, value]) =>
    name.startsWith(originalPrefix) ? [[name.slice(originalPrefix.length), value] as const] : [],
  )
  return {
    topic: letter.topic,
    key: record.headers[letterHeaders.key] ?? null,
    headers: Object.fromEntries(headers),
    value: record.value,
  }
}
