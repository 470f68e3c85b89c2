import { z } from 'zod'

/**
 * Header names of a dead letter: where the message lay, who refused it and why. Headers are shown by every tool that lists
 * a topic and seldom guarded, so that nothing of the message itself may be among them.
 */
export const letterHeaders = {
  topic: 'callscope-topic',
  partition: 'callscope-partition',
  offset: 'callscope-offset',
  pipeline: 'callscope-pipeline',
  /** Of the first refusal; all of them are in the envelope. */
  reason: 'callscope-reason',
} as const

const envelopeHead = z.object({
  v: z.literal(1),
  /** When the log took the message, epoch milliseconds; an edge's message never had a place in the log. */
  logTimeMs: z.number().optional(),
  /** The message's own key: it decides the partition of a replay, and is an id of a call or a person. */
  key: z.string().nullable(),
  /** Those of the message's own headers that reading it again needs (binary mode carries the event's attributes there). */
  headers: z.record(z.string(), z.string()),
  /** How many more of these there were: without them it cannot be read again. */
  headersLeftOut: z.number().optional(),
  /** How many parts of the message were refused. */
  refused: z.number(),
  /** The first of them. */
  refusals: z.array(z.object({ index: z.number(), reason: z.string(), detail: z.string() })),
  /** Size of the whole body in bytes, where only its beginning follows. */
  cutFrom: z.number().optional(),
  /** Its message named somebody who was erased, and is not kept. */
  erased: z.literal(true).optional(),
})

export type EnvelopeHead = Readonly<z.infer<typeof envelopeHead>>

/** What a letter's value holds: all there is to say about the message, and the message's bytes as they came. */
export interface Envelope {
  readonly head: EnvelopeHead
  readonly body: Uint8Array
}

const newline = 0x0a

/** One line of JSON, then the bytes: JSON around them would make base64 of them, a third larger, and unreadable to people. */
export function sealEnvelope({ head, body }: Envelope): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body])
}

/** Undefined for what is no envelope of ours. */
export function openEnvelope(value: Uint8Array): Envelope | undefined {
  const end = value.indexOf(newline)
  if (end < 0) return undefined
  const head = parseHead(Buffer.from(value.buffer, value.byteOffset, end).toString('utf8'))
  return head && { head, body: value.subarray(end + 1) }
}

function parseHead(text: string): EnvelopeHead | undefined {
  try {
    return envelopeHead.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
