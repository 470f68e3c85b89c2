import { erasedMark } from '#contracts/privacy.ts'
import type { SignalRules } from './privacy.ts'

/** Fields of events that name a party of the call. */
const partyFields = ['from', 'to'] as const
/** Ids of persons: opaque by contract, and treated as parties where a producer sends a number, URI or address all the same. */
const personFields = ['account_id', 'operator_id', 'user_id', 'target_id', 'actor_id'] as const
/** What producers may write anything into. */
const textFields = ['error', 'reason', 'disposition'] as const

const looksLikePerson = /^(?:\+|sips?:|tel:)|@/i

type Fields = Readonly<Record<string, unknown>>

/** Data of an event by the rules: the same object where nothing changed. `erased`: somebody is not in it any more. */
export function cleanFields<Data extends object>(
  data: Data,
  rules: SignalRules,
): { readonly data: Data; readonly erased: boolean } {
  const changes: Record<string, string> = {}
  let erased = false
  const look = (field: string, treat: (value: string) => string) => {
    const value = (data as Fields)[field]
    if (typeof value !== 'string') return
    const after = treat(value)
    if (after !== value) changes[field] = after
    if (after === erasedMark) erased = true
  }
  const person = (value: string) => (rules.isErased(value) ? erasedMark : value)
  for (const field of partyFields) look(field, rules.party)
  for (const field of personFields)
    look(field, (value) => (looksLikePerson.test(value) ? rules.party(value) : person(value)))
  for (const field of textFields) look(field, rules.text)
  return { data: Object.keys(changes).length === 0 ? data : { ...data, ...changes }, erased: erased || rules.found() }
}
