import { mayBeSent } from './private-query.ts'
import { authorization } from './session-token.ts'

/** One member of a request that the server refused. */
export interface FieldProblem {
  readonly field: string
  readonly fix: string
}

/** An answer other than 2xx (as its problem+json says), or none at all: status 0. */
export class ApiError extends Error {
  readonly status: number
  readonly errors: readonly FieldProblem[]

  constructor(status: number, detail: string, errors: readonly FieldProblem[] = []) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.errors = errors
  }

  get unreachable(): boolean {
    return this.status === 0
  }
}

export type QueryValues = Readonly<Record<string, string | number | undefined>>

/** Most time an answer may take before the page says that none came. */
const answerWithinMs = 30_000

/** Answers asked for while the code that draws them is still on its way. Each is given out once, and soon or never. */
const early = new Map<string, { readonly response: Promise<Response>; readonly atMs: number }>()
const earlyForMs = 5_000

/** Asks ahead for what the next `getJson` of the same address will want. */
export function askEarly(path: string, query: object = {}): void {
  const url = withQuery(path, query as QueryValues)
  const response = ask({ url }, AbortSignal.timeout(answerWithinMs))
  response.catch(() => undefined) // told to whoever takes it
  early.set(url, { response, atMs: performance.now() })
}

/** What is asked, and where: `body` holds what must not stand in an address. */
export interface Question {
  readonly url: string
  readonly body?: string
}

/** The question that a query makes: what is searched for goes into its body. */
export const questionOf = (path: string, query: QueryValues): Question =>
  mayBeSent(query) ? { url: withQuery(path, query) } : { url: path, body: JSON.stringify(query) }

/** What fetch is told of a question, with who asks. */
export const initOf = ({ body }: Question, headers: Readonly<Record<string, string>>): RequestInit =>
  body === undefined
    ? { headers: { ...headers, ...authorization() } }
    : { method: 'POST', body, headers: { ...headers, ...authorization(), 'content-type': 'application/json' } }

const ask = (question: Question, signal: AbortSignal): Promise<Response> =>
  reach(question.url, { ...initOf(question, { accept: 'application/json' }), signal })

function takeEarly(url: string): Promise<Response> | undefined {
  const asked = early.get(url)
  early.delete(url)
  return asked !== undefined && performance.now() - asked.atMs < earlyForMs ? asked.response : undefined
}

export async function getJson<T>(path: string, query: object = {}, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(answerWithinMs)
  const question = questionOf(path, query as QueryValues)
  const within = signal === undefined ? limit : AbortSignal.any([signal, limit])
  const known = question.body === undefined ? takeEarly(question.url) : undefined
  const response = await (known ?? ask(question, within))
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}

export function withQuery(path: string, query: QueryValues): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** fetch, with "nobody answered" as an error of ours. Aborting stays what it is. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: 'omit', cache: 'no-store', redirect: 'error', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'no answer')
  }
}

/** What the server says went wrong, in its words; the status line when it says nothing. */
export async function problemOf(response: Response): Promise<ApiError> {
  const said: unknown = await response.json().catch(() => undefined)
  return readProblem(response.status, response.statusText, said)
}

export function readProblem(status: number, statusText: string, said: unknown): ApiError {
  const { detail, title, errors } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>
  const text = [detail, title, statusText].find((part) => typeof part === 'string' && part !== '')
  const fields = Array.isArray(errors) ? errors.filter(isFieldProblem) : []
  return new ApiError(status, typeof text === 'string' ? text : `status ${status}`, fields)
}

const isFieldProblem = (value: unknown): value is FieldProblem =>
  typeof value === 'object' && value !== null && 'field' in value && 'fix' in value

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError'
