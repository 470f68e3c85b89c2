import { ApiError, getJson } from './api.ts'
import type { Session } from './api-types.ts'
import { createStore } from './store.ts'

/** Who the server takes us for. `refused`: it wants a token first. */
export type SessionState =
  | { readonly type: 'unknown' }
  | { readonly type: 'known'; readonly session: Session }
  | { readonly type: 'refused'; readonly because: string }

export const session = createStore<SessionState>({ type: 'unknown' })

/** Asked at start, and whenever a token was given. A server that does not answer leaves things as they were. */
export async function askSession(): Promise<void> {
  try {
    session.set({ type: 'known', session: await getJson<Session>('/api/session') })
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403))
      session.set({ type: 'refused', because: error.message })
  }
}
