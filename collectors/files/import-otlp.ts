import { type DecodedLogs, type DecodedSpans, decodeLogs, decodeSpans } from '#contracts/otlp/decode.ts'
import type { LogLine, Span } from '#contracts/signals/otlp.ts'
import { refused } from './dump-entry.ts'
import type { FileReader, Found, ReaderParts } from './file-reader.ts'
import { readJsonTexts } from './json-texts.ts'

/** Records of one message on the log: some hundred kilobytes, well below Kafka's usual megabyte. */
const recordsPerMessage = 200

/** OTLP/JSON logs: one export request as a whole document, or one to a line, as the Collector's file exporter writes them. */
export const importOtlpLogs: FileReader = (path, parts) => importRequests(path, parts, readLogs)
/** OTLP/JSON traces, likewise. */
export const importOtlpTraces: FileReader = (path, parts) => importRequests(path, parts, readSpans)

type ReadRequest = (text: string, line: number, parts: ReaderParts) => Generator<Found>

async function* importRequests(path: string, parts: ReaderParts, read: ReadRequest): AsyncGenerator<Found> {
  for await (const { line, text, tooLarge } of readJsonTexts(path, parts.limits)) {
    if (tooLarge === undefined) yield* read(text, line, parts)
    else yield { line, ...refused('too_large', tooLarge) }
  }
}

function* readLogs(text: string, line: number, parts: ReaderParts): Generator<Found> {
  const decoded = decodeLogs(Buffer.from(text), 'application/json')
  const lines = decoded.type === 'decoded' ? decoded.lines : []
  const kept: LogLine[] = []
  for (const log of lines) {
    const distrusted = parts.window(Number(log.timeUnixNano) / 1e6)
    if (distrusted === undefined) kept.push(log)
    else yield { line, ...refused(distrusted.reason, distrusted.detail) }
  }
  for (const batch of batches(kept)) yield { line, type: 'record', record: parts.records.logs(batch) }
  parts.tally.add('logs', kept.length)
  yield* refusals(decoded, line)
}

function* readSpans(text: string, line: number, parts: ReaderParts): Generator<Found> {
  const decoded = decodeSpans(Buffer.from(text), 'application/json')
  const spans = decoded.type === 'decoded' ? decoded.spans : []
  const kept: Span[] = []
  for (const span of spans) {
    const distrusted = parts.window(Number(span.startTimeUnixNano) / 1e6)
    if (distrusted === undefined) kept.push(span)
    else yield { line, ...refused(distrusted.reason, distrusted.detail) }
  }
  for (const batch of batches(kept)) yield { line, type: 'record', record: parts.records.spans(batch) }
  parts.tally.add('spans', kept.length)
  yield* refusals(decoded, line)
}

function* refusals(decoded: DecodedLogs | DecodedSpans, line: number): Generator<Found> {
  if (decoded.type === 'malformed') yield { line, ...refused(decoded.reason, decoded.detail) }
  else for (const { detail } of decoded.refused) yield { line, ...refused('invalid_schema', detail) }
}

function* batches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += recordsPerMessage) yield rows.slice(from, from + recordsPerMessage)
}
