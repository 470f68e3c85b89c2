import type { UnavailableReason } from '#contracts/call-telemetry.ts'
import type { HttpReply } from './http.ts'

/** Why a store's answer to a question cannot be used; undefined: it can (2xx, read whole). */
export function unusable(reply: HttpReply): UnavailableReason | undefined {
  if (reply.type === 'no_answer') return reply.reason === 'unreachable' ? 'unreachable' : 'timeout'
  const { status, isCut } = reply
  if (status === 401 || status === 403 || status === 407) return 'refused'
  return status >= 200 && status < 300 && !isCut ? undefined : 'failed'
}
