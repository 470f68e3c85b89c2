/**
 * A store refused for a reason that the same request will meet again whenever it is sent. The message may be logged: it
 * names the store's error, never the query or the values in it. Any other error of a store may pass with time.
 */
export class LastingError extends Error {
  override readonly name = 'LastingError'
}

/**
 * A fault of this program over what it was given: the same would throw again, whenever it is tried. What comes from a socket or
 * a driver carries a code or a cause, and may pass.
 */
export function isOwnFault(error: unknown): boolean {
  if (!ownFaults.some((kind) => error instanceof kind) || isUnavailable(error)) return false
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  return code === undefined && cause === undefined
}

const ownFaults = [TypeError, RangeError, ReferenceError, SyntaxError, URIError, EvalError]

/** True where trying the same again cannot succeed, whatever the state of the stores. */
export const isHopeless = (error: unknown): boolean => error instanceof LastingError || isOwnFault(error)

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
