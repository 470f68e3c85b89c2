import type { LogRecord } from '#contracts/event-log.ts'

/** A trace that a message belongs to. */
export interface TraceRef {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

/** Links of one span; a batch holds the messages of thousands of traces. */
export const maxLinks = 32
/** Messages that are looked at for them: structured events have to be searched. */
const maxLooked = 256

const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
/** Of a structured CloudEvent; it is not parsed again for this. */
const inBody = /"traceparent"\s*:\s*"([0-9a-f-]{55})"/
const nobody = /^0+$/

/**
 * The distinct traces that the messages of a batch name, by header (W3C), binary CloudEvents attribute or structured
 * event: those of messages spread evenly over it, at most 32.
 */
export function tracesOf(records: readonly LogRecord[]): readonly TraceRef[] {
  const found = new Map<string, TraceRef>()
  const step = Math.max(1, records.length / maxLooked)
  for (let at = 0; at < records.length && found.size < maxLinks; at += step) {
    const record = records[Math.floor(at)]
    const ref = record === undefined ? undefined : refOf(record)
    if (ref !== undefined) found.set(ref.traceId, ref)
  }
  return [...found.values()]
}

function refOf({ headers, value }: LogRecord): TraceRef | undefined {
  const text = headers.traceparent ?? headers.ce_traceparent ?? (typeof value === 'string' ? value : asText(value))
  const [, traceId, spanId, flags] = traceparent.exec(text.length === 55 ? text : (inBody.exec(text)?.[1] ?? '')) ?? []
  if (traceId === undefined || spanId === undefined || nobody.test(traceId) || nobody.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) }
}

/** Attributes stand before the data, or soon after it. */
const asText = (value: Uint8Array): string =>
  Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, 4_096)).toString('latin1')
