import type { CallState, UnclassifiedReason } from '#contracts/call-record.ts'

/** What is known of how far a call has come. */
export interface Progress {
  readonly state: CallState
  readonly unclassified: UnclassifiedReason | string | undefined
}

/** The state in a word: an open call that nobody has answered is ringing. */
export function stateWord({ state, unclassified }: Progress): CallState | 'ringing' {
  return state === 'open' && unclassified === 'not_answered' ? 'ringing' : state
}

/** Why a call has no class, as people say it. Before the record is settled nothing of it is final, and it says so. */
export function unclassifiedText({ state, unclassified }: Progress): string | undefined {
  if (unclassified === undefined) return undefined
  const text = unclassified.replaceAll('_', ' ')
  // A call that has ended without an answer stays unanswered; only what was measured may still come in.
  const isFinal = state === 'settled' || (state === 'settling' && unclassified === 'not_answered')
  if (isFinal) return text
  return unclassified === 'too_short' ? `${text} so far` : `${text} yet`
}
