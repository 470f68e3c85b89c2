import { ApiError, getJson } from './api.ts'
import type { Session } from './api-types.ts'
import { forgetToken, readToken } from './session-token.ts'
import { createStore } from './store.ts'

/** Who the server takes us for. `refused`: it wants a token first. */
export type SessionState =
  | { readonly type: 'unknown' }
  | { readonly type: 'known'; readonly session: Session }
  | { readonly type: 'refused'; readonly because: string }

export const session = createStore<SessionState>({ type: 'unknown' })

/**
 * Asked at start, and whenever a token was given; says whether that token was taken. One that is not is forgotten: the
 * server may well let us in without. A server that does not answer leaves things as they were.
 */
export async function askSession(): Promise<boolean> {
  try {
    session.set({ type: 'known', session: await getJson<Session>('/api/session') })
    return true
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) return true
    const had = readToken() !== undefined
    forgetToken()
    if (had) await askSession()
    else session.set({ type: 'refused', because: error.message })
    return false
  }
}
