import type { CallListItem } from '#contracts/warehouse.ts'
import { stateWord, unclassifiedText } from './call-state.ts'

/** What a line of the list says beside the class: the state until it is settled, then what was found, or why there is no class. */
export function whyOf(call: CallListItem): string | undefined {
  const { reasons, findings, state, disposition } = call
  const word = stateWord(call)
  if (word === 'ringing') return word
  const found = [...findings, ...reasons].join('; ')
  const unanswered = disposition === 'not_answered' ? 'not answered' : undefined
  const why = found === '' ? (unclassifiedText(call) ?? unanswered) : found
  if (state === 'settled') return why
  return why === undefined ? word : `${word}: ${why}`
}
