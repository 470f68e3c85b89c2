/**
 * A store refused for a reason that the same request will meet again whenever it is sent. The message may be logged: it
 * names the store's error, never the query or the values in it. Any other error of a store may pass with time.
 */
export class LastingError extends Error {
  override readonly name = 'LastingError'
}

/**
 * A part has given up: whatever it tried failed again and again for no reason that passes with time. Trying on in this
 * process is of no use; it ends, and its supervisor starts it anew. The message may be logged.
 */
export class GivenUpError extends Error {
  override readonly name = 'GivenUpError'
}

/** Marks an error of somebody who is away or busy for now: what was asked for is not to blame, however often it happens. */
export interface Unavailable {
  readonly unavailable: true
}

export const unavailable = <Fault extends Error>(error: Fault): Fault & Unavailable =>
  Object.assign(error, { unavailable: true as const })

export const isUnavailable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as Partial<Unavailable>).unavailable === true
