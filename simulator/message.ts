import type { EpochMs } from '#contracts/call-record.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }
export type JsonObject = { readonly [key: string]: Json | undefined }

/** What travels: a record on its way into the log. */
export interface LineMessage {
  readonly topic: string
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  /** The JSON body; a string is the raw body as it is (that is how malformed JSON travels). */
  readonly value: JsonObject | string
}

/** A message of simulated traffic. */
export interface SimulatedMessage extends LineMessage {
  /** Event time: when what it tells of happened (of a batch: its newest record). */
  readonly atMs: EpochMs
  /** When it reaches the log. Never falls from one message to the next. */
  readonly dueMs: EpochMs
}

/** The bytes to append, as text. */
export const bodyOf = ({ value }: LineMessage): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** One JSON line `{topic, key, headers, value}`, without the line break. */
export const toLine = ({ topic, key, headers, value }: LineMessage): string =>
  JSON.stringify({ topic, key, headers, value })

export type ParsedLine =
  | { readonly type: 'message'; readonly message: LineMessage }
  | { readonly type: 'refused'; readonly line: number; readonly detail: string }

/** Reads back what `toLine` wrote. A bad line is an answer that names the line and the field, and quotes no value. */
export function parseLine(text: string, line: number): ParsedLine {
  const refuse = (detail: string): ParsedLine => ({ type: 'refused', line, detail: `line ${line}: ${detail}` })
  const parsed = parseJson(text)
  if (parsed === undefined) return refuse('is not JSON')
  if (!isObject(parsed)) return refuse('must be an object {topic, key, headers, value}')
  const { topic, key = null, headers = {}, value, ...unknown } = parsed
  const [stray] = Object.keys(unknown)
  if (stray !== undefined) return refuse('has a key beyond topic, key, headers and value')
  if (typeof topic !== 'string' || topic === '') return refuse('topic must be a non-empty string')
  if (key !== null && typeof key !== 'string') return refuse('key must be a string or null')
  if (!isTextRecord(headers)) return refuse('headers must be an object of strings')
  if (typeof value !== 'string' && !isObject(value))
    return refuse('value must be an object, or a string taken as it is')
  return { type: 'message', message: { topic, key, headers, value } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isTextRecord = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((entry) => typeof entry === 'string')
