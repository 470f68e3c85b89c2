/**
 * A store refused for a reason that the same request will meet again whenever it is sent. The message may be logged: it
 * names the store's error, never the query or the values in it. Any other error of a store may pass with time.
 */
export class LastingError extends Error {
  override readonly name = 'LastingError'
}
