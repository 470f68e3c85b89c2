import type { CallEventRow } from '#contracts/call-record.ts'
import { tIfKnown } from '#explorer/web/messages.ts'
import { q850Text, sipText } from './signalling-codes.ts'

/** What happened, in two words: "answered", "leg ended". */
export const eventName = ({ type }: CallEventRow): string => {
  const word = type.replace(/^call\.|^conference\./, '')
  return tIfKnown('call.event', word)
}

/** Ids stand in the header and in the raw record; here they would hide what the event says. */
const ids = new Set([
  ...['call_id', 'session_id', 'sip_session_id', 'sip_call_id', 'conf_session_id', 'account_id', 'leg_id'],
  ...['linked_correlation_id', 'trace_id'],
])
const maxChars = 160

/** What it said of itself: "SIP 200 (OK), Q.850 16 (Normal call clearing), ended by caller". */
export function eventDetail({ data }: CallEventRow): string {
  const parts = Object.entries(data).flatMap(([name, value]) => {
    if (ids.has(name) || value === undefined || value === null) return []
    if (name === 'sip_code' && typeof value === 'number') return [sipText(value)]
    if (name === 'q850_cause' && typeof value === 'number') return [q850Text(value)]
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
    const unit = name.endsWith('_ms') ? ' ms' : ''
    return [`${name.replace(/_ms$/, '').replaceAll('_', ' ')} ${shown}${unit}`]
  })
  const text = parts.join(', ')
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text
}
