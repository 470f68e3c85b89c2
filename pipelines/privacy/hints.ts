import { partyOf } from './parties.ts'

/** Digits at the end of a number that every spelling of it has, country and trunk prefix or not. */
const tailDigits = 7

/** As the warehouse squeezes what it looks through: without what people put between digits, in lower case. */
export const squeeze = (text: string): string => text.replace(/[ ().\-/\u00a0]|%20/g, '').toLowerCase()

/** Texts one of which stands, squeezed, in every row that names this party; more rows than those may hold them. */
export function hintsOf(typed: string): readonly string[] {
  const party = partyOf(typed, undefined)
  if (party.kind === 'number') return [party.digits.slice(-tailDigits)]
  if (party.kind === 'address') return [squeeze(party.user === '' ? party.host : party.user)]
  return party.kind === 'name' ? [squeeze(party.name)] : []
}
