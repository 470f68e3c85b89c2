import type { CallRecord } from '#contracts/call-record.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import { q850Text, sipText } from './signalling-codes.ts'

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number'

/** "Answered, ended by the caller, SIP 200 (OK), Q.850 16 (Normal call clearing)". */
export function endText({ disposition, state, endedBecause, endedBy, sipCode, q850Cause }: CallRecord): string {
  const ended = endedBecause ? t(`call.endedBecause.${endedBecause}`) : t('call.stillOpen')
  const by = endedBy ? ` ${tIfKnown('call.endedBy', endedBy)}` : ''
  return [
    // Whether an open call will be answered is not unknown, it is not decided.
    ...(state === 'open' && disposition === 'unknown' ? [] : [t(`disposition.${disposition}`)]),
    `${ended}${by}`,
    ...(isNumber(sipCode) ? [sipText(sipCode)] : []),
    ...(isNumber(q850Cause) ? [q850Text(q850Cause)] : []),
  ].join(', ')
}
