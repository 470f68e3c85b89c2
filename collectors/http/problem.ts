import type { z } from 'zod'

/** What exactly is wrong with one member of a request. Never quotes the value: it may be personal data. */
export interface FieldProblem {
  /** Position in the batch; left out for a request that is no batch. */
  readonly index?: number
  readonly field: string
  readonly fix: string
}

interface ProblemOptions {
  readonly errors?: readonly FieldProblem[]
  readonly retryAfterSeconds?: number
}

/** An answer other than 2xx, thrown by handlers and guards and written by the server as RFC 9457 problem details. */
export class Problem extends Error {
  readonly status: number
  readonly errors: readonly FieldProblem[]
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, detail: string, { errors = [], retryAfterSeconds }: ProblemOptions = {}) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.errors = errors
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Most field problems named in one answer: enough to see the pattern, bounded for a batch of thousands. */
export const maxErrors = 20

export const problemBody = ({ status, message, errors }: Problem): object => ({
  type: 'about:blank',
  title: titles[status] ?? 'Error',
  status,
  detail: message,
  ...(errors.length === 0 ? {} : { errors: errors.slice(0, maxErrors) }),
})

/** Zod's issues as fields and fixes. */
export const fieldProblems = (error: z.core.$ZodError, at: { readonly index?: number } = {}): readonly FieldProblem[] =>
  error.issues.map((issue) => {
    const path = issue.path.join('.')
    if (issue.code !== 'unrecognized_keys') return { ...at, field: path || '(whole)', fix: issue.message }
    const [key = ''] = issue.keys
    return { ...at, field: path === '' ? key : `${path}.${key}`, fix: 'is not a known field: remove it' }
  })

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not possible',
  413: 'Too large',
  415: 'Content type not supported',
  421: 'Wrong host',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available now',
}
