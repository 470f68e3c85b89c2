import { safely } from './kept.ts'

const name = 'callscope.token'
let held: string | undefined

/**
 * Takes the token out of the address (`#token=`, which browsers never send to a server) and into this tab's storage, so
 * that it is in no history entry and in no address that gets shared.
 */
export function takeTokenFromAddress(): boolean {
  const hash = new URLSearchParams(location.hash.slice(1))
  const token = hash.get('token')
  if (token === null) return false
  keepToken(token)
  hash.delete('token')
  const rest = hash.size === 0 ? '' : `#${hash}`
  history.replaceState(history.state, '', location.pathname + location.search + rest)
  return true
}

export function keepToken(token: string): void {
  held = token.trim()
  safely(() => sessionStorage.setItem(name, held ?? ''))
}

export function forgetToken(): void {
  held = undefined
  safely(() => sessionStorage.removeItem(name))
}

export const readToken = (): string | undefined => held ?? safely(() => sessionStorage.getItem(name)) ?? undefined

/** What every request carries. Without a token nothing: the demo's calls are for everybody. */
export function authorization(): Record<string, string> {
  const token = readToken()
  return token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }
}
