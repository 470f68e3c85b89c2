/*
 * What is searched for may be somebody's number. Addresses stand in the logs of servers and proxies; the part after "#" is
 * never sent. There, these values can still be shared with a link and gone back to.
 */

const unsent = ['q'] as const

/** The whole query of an address: what its server is sent, and what stands after "#". Empty, or with "?" before it. */
export function queryOfAddress(search: string, hash: string): string {
  const query = new URLSearchParams(search)
  const kept = new URLSearchParams(hash.replace(/^#/, ''))
  for (const name of unsent) {
    const value = kept.get(name)
    if (value !== null) query.set(name, value)
  }
  return query.size === 0 ? '' : `?${written(query)}`
}

/** An address of this page with this query, of which what is private stands after "#". */
export function addressWith(path: string, query: URLSearchParams): string {
  const sent = new URLSearchParams(query)
  const kept = new URLSearchParams()
  for (const name of unsent) {
    const value = sent.get(name)
    sent.delete(name)
    if (value !== null) kept.set(name, value)
  }
  return `${path}${sent.size === 0 ? '' : `?${written(sent)}`}${kept.size === 0 ? '' : `#${written(kept)}`}`
}

/** Whether these values may stand in the address of a request. */
export const mayBeSent = (query: Readonly<Record<string, unknown>>): boolean =>
  unsent.every((name) => query[name] === undefined || query[name] === '')

const written = (query: URLSearchParams): string => query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')
