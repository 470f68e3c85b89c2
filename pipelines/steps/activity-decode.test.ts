import { expect, test } from 'vitest'
import { nobodyErased } from '../privacy/erased.ts'
import { createPrivacy } from '../privacy/privacy.ts'
import { createActivityDecode } from './activity-decode.ts'
import { anEvent, aRecord, Collected, exampleRules } from './cloud-event-examples.ts'

function effectsOf(value: unknown, decode = createActivityDecode(exampleRules)): Collected {
  const into = new Collected()
  decode(aRecord(value, { topic: 'chat-events' }), into)
  return into
}
const ids = { conversation_id: 'conv-1', message_id: 'm-1' }
const rowsOf = (value: unknown) => effectsOf(value).of('activity_events')

test('a delivered message is stored with its delay and the call it names', () => {
  expect(rowsOf(anEvent('chat.delivered', { ...ids, delay_ms: 120.4 }))).toMatchObject([
    {
      ...{ tenant: 'acme', source: '/call-control', id: 'e-1', type: 'chat.delivered', correlation_id: 'c-1' },
      ...{ conversation_id: 'conv-1', message_id: 'm-1', subject: '', delay_ms: 120 },
    },
  ])
})

test('chat need not belong to a call, nor name its message', () => {
  const typing = anEvent('chat.typing', { conversation_id: 'conv-1' }, { correlationid: undefined })
  expect(rowsOf(typing)).toMatchObject([{ correlation_id: '', message_id: '', delay_ms: null, size_bytes: null }])
})

test('presence is stored under its user, as the privacy rules leave the id', () => {
  const away = anEvent('presence.changed', { user_id: 'u-77', status: 'away' })
  expect(rowsOf(away)).toMatchObject([{ subject: 'u-77', status: 'away' }])
  const privacy = createPrivacy({
    erased: () => ({ ...nobodyErased, isEmpty: () => false, party: () => false, call: () => true }),
  })
  const decode = createActivityDecode({ ...exampleRules, privacy })
  const [erased] = effectsOf(away, decode).of('activity_events')
  expect(erased).toMatchObject({ subject: 'erased', status: 'away' })
  expect(BigInt(String(erased?.checksum)) > 0xffff000000000000n).toBe(true)
})

test('the text of a message is refused, and so never kept', () => {
  const into = effectsOf(anEvent('chat.sent', { ...ids, text: 'meet me at noon' }))
  expect(into.rows).toEqual([])
  expect(into.parked.map(({ reason }) => reason)).toEqual(['invalid_schema'])
  expect(JSON.stringify(into.parked)).not.toContain('noon')
})

test('the same event told again is the same row; another content has another checksum', () => {
  const [once] = rowsOf(anEvent('chat.sent', ids))
  const [again] = rowsOf(anEvent('chat.sent', { message_id: 'm-1', conversation_id: 'conv-1' }))
  const [other] = rowsOf(anEvent('chat.sent', { ...ids, size_bytes: 3 }))
  expect(again).toEqual(once)
  expect(other?.checksum).not.toBe(once?.checksum)
})

test('chat changes no call', () => {
  expect(effectsOf(anEvent('chat.sent', ids)).changes).toEqual([])
})
