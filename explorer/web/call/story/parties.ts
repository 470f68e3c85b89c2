import { t, tIfKnown } from '#explorer/web/messages.ts'

/** Who speaks and who hears, as a stream's label names them: "callee -> caller". */
export interface Parties {
  readonly speaker: string
  readonly hearer: string
}

const longestName = 16

export function partiesOf(label: string): Parties {
  const [speaker = '', hearer = ''] = label.split(' -> ')
  return { speaker: partyName(speaker), hearer: partyName(hearer) }
}

/** "the caller", "participant …4937c" instead of an id as long as a line. */
export function partyName(word: string): string {
  const leg = /^leg (.+)$/.exec(word)?.[1]
  if (leg !== undefined) return t('call.party.leg', { id: shortId(leg) })
  return word === '' ? t('call.party.party') : tIfKnown('call.party', word.replaceAll(' ', '_'))
}

/** The end of an id tells it from its neighbours. */
export const shortId = (id: string): string => (id.length > longestName ? `…${id.slice(-10)}` : id)

/** "callee → caller": for titles. */
export function arrowOf(label: string): string {
  const [speaker = '', hearer = ''] = label.split(' -> ')
  return `${plainName(speaker)} → ${plainName(hearer)}`
}

function plainName(word: string): string {
  const leg = /^leg (.+)$/.exec(word)?.[1]
  if (leg !== undefined) return t('call.end.leg', { id: shortId(leg) })
  return word === '' ? t('call.end.party') : tIfKnown('call.end', word.replaceAll(' ', '_'))
}
