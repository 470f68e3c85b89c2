import { isUtf8 } from 'node:buffer'
import type { DeadLetter, ShownLetter } from '#contracts/dead-letters.ts'
import { bytesOf, type LogRecord, type NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { type Envelope, letterHeaders, openEnvelope } from './envelope.ts'

/** A letter, opened. */
interface OpenLetter extends Envelope {
  readonly letter: DeadLetter
}

/** Reads a record of the dead-letter topic. Undefined for one that is no letter of ours. */
export const readDeadLetter = (record: LogRecord): DeadLetter | undefined => openLetter(record)?.letter

/** The letter with its message, for people. */
export function showDeadLetter(record: LogRecord): ShownLetter | undefined {
  const open = openLetter(record)
  return open && { ...open.letter, body: textOf(open.body) }
}

/** The message as it came, to be appended again where it came from: same key, same headers, same bytes. */
export function originalMessage(record: LogRecord): NewRecord | undefined {
  const open = openLetter(record)
  if (open === undefined || !open.letter.whole) return undefined
  const { letter, head, body } = open
  return { topic: letter.topic, key: head.key, headers: head.headers, value: body }
}

/** The message that a letter tells of, as the log held it. Undefined: no letter of ours, or its message is not kept. */
export function originalRecord(record: LogRecord): LogRecord | undefined {
  const open = openLetter(record)
  if (open === undefined || open.letter.erased) return undefined
  const { letter, head, body } = open
  const { topic, partition, offset, atMs: logTimeMs } = letter
  return { topic, partition, offset, logTimeMs, key: head.key, headers: head.headers, value: body }
}

function openLetter(record: LogRecord): OpenLetter | undefined {
  const { headers } = record
  const reason = headers[letterHeaders.reason]
  const topic = headers[letterHeaders.topic]
  const pipeline = headers[letterHeaders.pipeline]
  if (reason === undefined || topic === undefined || pipeline === undefined) return undefined
  const envelope = openEnvelope(bytesOf(record))
  if (envelope === undefined) return undefined
  const { head } = envelope
  const letter = {
    ...{ reason, topic, pipeline },
    id: `${record.partition}-${record.offset}`,
    identity: record.key ?? '',
    atMs: head.logTimeMs ?? record.logTimeMs,
    detail: head.refusals[0]?.detail ?? '',
    partition: numberOr(headers[letterHeaders.partition], -1),
    offset: numberOr(headers[letterHeaders.offset], -1),
    tenant: head.headers[recordHeaders.tenant],
    refused: head.refused,
    refusals: head.refusals,
    whole: head.cutFrom === undefined && head.headersLeftOut === undefined && head.erased === undefined,
    erased: head.erased === true,
  }
  return { ...envelope, letter }
}

const numberOr = (text: string | undefined, otherwise: number): number => {
  const number = Number(text ?? Number.NaN)
  return Number.isSafeInteger(number) ? number : otherwise
}

function textOf(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return isUtf8(bytes) ? bytes.toString('utf8') : `base64:${bytes.toString('base64')}`
}
