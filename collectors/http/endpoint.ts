import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { momentForms, momentNamed, numberOf } from '#contracts/number-text.ts'
import { parseSafely } from '#contracts/parse.ts'
import type { Access, Principal } from './credentials.ts'
import { fieldProblems, Problem } from './problem.ts'

/** What a handler is given: authenticated, size-checked, decompressed. */
export interface Asked {
  readonly principal: Principal
  readonly headers: IncomingHttpHeaders
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  /** The whole body; empty for uploads, which come as a stream. */
  readonly body: Buffer
  readonly upload: Readable | undefined
}

/** An answer that is more than JSON with status 200. */
export class Answer {
  readonly status: number
  readonly body: string | Uint8Array | Readable | object | undefined
  readonly contentType: string | undefined
  readonly headers: Readonly<Record<string, string>>
  constructor(
    status: number,
    body?: string | Uint8Array | Readable | object,
    head?: string | { readonly type: string; readonly headers: Readonly<Record<string, string>> },
  ) {
    this.status = status
    this.body = body
    this.contentType = typeof head === 'string' ? head : head?.type
    this.headers = typeof head === 'object' ? head.headers : {}
  }
}

/** One route, told once: the server serves it and the OpenAPI document describes it from the same value. */
export interface Endpoint {
  readonly method: 'GET' | 'POST'
  /** With `:name` parameters. */
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly description?: string
  readonly query?: z.ZodObject
  readonly request?: { readonly types: readonly string[]; readonly schema?: z.ZodType }
  readonly response?: { readonly type?: string; readonly schema?: z.ZodType; readonly description: string }
  /** Largest body in bytes, before and after decompression. Absent: takes none. */
  readonly bodyLimit?: number
  /** The answer is a stream that does not end by itself. */
  readonly live?: boolean
  /** The body is handed on as a stream instead of being read into memory. */
  readonly upload?: boolean
  /** For the audit log: the path parameter that is an id of ours. Others may be somebody's data, and are not kept. */
  readonly auditTarget?: string
  /** For the audit log: what was asked, without any value in it. */
  auditDetail?(asked: Asked): string | undefined
  handle(asked: Asked): Promise<unknown> | unknown
}

/** The query string as the endpoint's schema has it. */
export function queryOf<Schema extends z.ZodType>(schema: Schema, { query }: Asked): z.infer<Schema> {
  const parsed = parseSafely(schema, query)
  if (parsed.success) return parsed.data
  throw new Problem(400, 'the query string is not valid', { errors: fieldProblems(parsed.error) })
}

/** A JSON body as the schema has it. */
export function bodyAs<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = parseSafely(schema, value)
  if (parsed.success) return parsed.data
  throw new Problem(400, 'the body is not valid', { errors: fieldProblems(parsed.error) })
}

/** A number in a query, within bounds. One that is written in another way than in plain decimal digits is refused. */
export const numberIn = (min: number, max: number) => numberText(false, min, max)
/** A whole number in a query, within bounds. */
export const wholeNumberIn = (min: number, max: number) => numberText(true, min, max)

function numberText(integer: boolean, min: number, max: number) {
  const fix = `must be ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}, in plain digits`
  return z
    .string(fix)
    .transform((text, context): number => {
      const value = numberOf(text)
      if (value !== undefined && value >= min && value <= max && (!integer || Number.isInteger(value))) return value
      context.addIssue({ code: 'custom', message: fix })
      return z.NEVER
    })
    .meta({ type: integer ? 'integer' : 'number', minimum: min, maximum: max })
}

/** A point in time in a query: RFC 3339, epoch milliseconds, or how long ago ("90m", "24h", "7d"). */
export const pointInTime = (nowMs: () => number) =>
  z.string().transform((text, context): number => {
    const named = momentNamed(text, nowMs())
    if (named !== undefined) return named
    context.addIssue({ code: 'custom', message: momentForms })
    return z.NEVER
  })
