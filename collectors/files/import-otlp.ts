import type { NewRecord } from '#contracts/event-log.ts'
import { isLongerThan, otlpBytesTaken } from '#contracts/message-size.ts'
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
  for (const batch of batches(kept)) yield* messages(batch, line, parts.records.logs)
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
  for (const batch of batches(kept)) yield* messages(batch, line, parts.records.spans)
  parts.tally.add('spans', kept.length)
  yield* refusals(decoded, line)
}

/** One message of them, or several where one would be larger than pipelines read. */
function* messages<Row>(rows: readonly Row[], line: number, of: (rows: readonly Row[]) => NewRecord): Generator<Found> {
  const record = of(rows)
  if (!isLongerThan(otlpBytesTaken, record.value)) yield { line, type: 'record', record }
  else if (rows.length === 1) yield { line, ...refused('too_large', 'record: is larger than 4 MiB; send less in it') }
  else for (const half of [rows.slice(0, rows.length / 2), rows.slice(rows.length / 2)]) yield* messages(half, line, of)
}

function* refusals(decoded: DecodedLogs | DecodedSpans, line: number): Generator<Found> {
  if (decoded.type === 'malformed') yield { line, ...refused(decoded.reason, decoded.detail) }
  else for (const { detail } of decoded.refused) yield { line, ...refused('invalid_schema', detail) }
}

function* batches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += recordsPerMessage) yield rows.slice(from, from + recordsPerMessage)
}
