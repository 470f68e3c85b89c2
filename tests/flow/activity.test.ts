import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import { aStage, type Flow, startFlow } from './flow.ts'

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow.stop())

const message = (number: number) => ({ conversation_id: 'conv-1', message_id: `m-${number}` })

/** Two messages of a chat: one delivered twice (two devices) and read, one never delivered; and somebody's presence. */
function told({ event, at }: ReturnType<typeof aStage>): readonly NewRecord[] {
  return [
    event('call-1', 'chat.sent', at(0), message(1)),
    event('call-1', 'chat.delivered', at(2), message(1)),
    event('call-1', 'chat.delivered', at(9), message(1)),
    event('call-1', 'chat.read', at(5), { ...message(1), delay_ms: 5_000 }),
    event('call-1', 'chat.sent', at(1), message(2)),
    event('u-1', 'presence.changed', at(3), { user_id: 'u-1', status: 'in_call' }),
  ]
}

async function activityOf(tenant: string) {
  return {
    rows: await flow.rows(
      `SELECT source, id, toUnixTimestamp64Milli(time), type, correlation_id, subject, message_id, status, delay_ms, checksum
       FROM activity_events FINAL WHERE tenant = '${tenant}' ORDER BY source, id`,
    ),
    minutes: await flow.rows(
      `SELECT sum(sent), sum(delivered), sum(read), sum(typing) FROM chat_minutes WHERE tenant = '${tenant}'`,
    ),
    messages: await flow.rows(
      `SELECT message_id, delivery_ms, read_ms FROM chat_messages WHERE tenant = '${tenant}' ORDER BY message_id`,
    ),
    delays: await flow.rows(
      `SELECT sum(sent), sum(delivered), max(delivery_p50_ms) FROM chat_delays WHERE tenant = '${tenant}'`,
    ),
    presence: await flow.rows(`SELECT status, changes FROM presence_minutes WHERE tenant = '${tenant}'`),
  }
}

test('chat and presence become rows, rates, and delays between what was sent, delivered and read', async () => {
  const stage = aStage(flow)
  await flow.deliver(...told(stage))
  await flow.drained()
  expect(await activityOf(stage.tenant)).toMatchObject({
    rows: { length: 6 },
    minutes: [[2, 2, 1, 0]],
    messages: [
      ['m-1', 2_000, 3_000],
      ['m-2', null, null],
    ],
    delays: [[2, 1, 2_000]],
    presence: [['in_call', 1]],
  })
})

test('repeats and another order come out the same', async () => {
  const inOrder = aStage(flow)
  const mixed = { ...aStage(flow), at: inOrder.at }
  await flow.deliver(...told(inOrder))
  const again = told(mixed)
  for (const record of [...again].reverse()) await flow.deliver(record)
  await flow.deliver(...again)
  await flow.drained()
  expect(await activityOf(mixed.tenant)).toEqual(await activityOf(inOrder.tenant))
})

test('two events of one id, unlike, converge whichever comes first', async () => {
  const one = aStage(flow)
  const other = { ...aStage(flow), at: one.at }
  const unlike = ({ event, at }: typeof one) => [
    event('call-1', 'chat.delivered', at(2), { ...message(1), delay_ms: 2_000 }, { eventId: 'same' }),
    event('call-1', 'chat.delivered', at(4), { ...message(1), delay_ms: 4_000 }, { eventId: 'same' }),
  ]
  for (const record of unlike(one)) await flow.deliver(record)
  for (const record of unlike(other).toReversed()) await flow.deliver(record)
  await flow.drained()
  expect(await activityOf(other.tenant)).toEqual(await activityOf(one.tenant))
})

test('a flood of chat that nobody stores holds up no call', async () => {
  const stage = aStage(flow)
  const release = await flow.hold('activity')
  const flood = Array.from({ length: 2_000 }, (_, at) =>
    stage.event('x', 'chat.sent', stage.at(1), message(at), { eventId: `f-${at}` }),
  )
  await flow.deliver(...flood, stage.event('call-2', 'call.started', stage.at(0), { from: 'a', to: 'b' }))
  for (const since = Date.now(); Object.keys(await flow.recordsOf(stage.tenant)).length === 0; )
    if (Date.now() - since > 20_000) throw new Error('the call waits for the chat')
  expect(await flow.rows(`SELECT count() FROM activity_events WHERE tenant = '${stage.tenant}'`)).toEqual([[0]])
  release()
  await flow.drained()
  expect(await flow.rows(`SELECT count() FROM activity_events FINAL WHERE tenant = '${stage.tenant}'`)).toEqual([
    [2_000],
  ])
})

test('what services answered is read off their server spans, by the minute', async () => {
  const stage = aStage(flow)
  const answered = stage.span(stage.at(0), 'POST /calls', { service: 'iam', ms: 30, failed: true })
  await flow.deliver(answered, answered)
  await flow.drained()
  const minutes = await flow.rows(
    `SELECT service, requests, errors, p50_ms FROM service_minutes WHERE tenant = '${stage.tenant}'`,
  )
  expect(minutes).toEqual([['iam', 1, 1, 30]])
})

test('what names a call is read with it, each event once, and changes nothing of its record', async () => {
  const stage = aStage(flow)
  await flow.deliver(stage.event('call-1', 'call.started', stage.at(0), { from: 'a', to: 'b' }))
  await flow.drained()
  const before = await flow.recordsOf(stage.tenant)
  await flow.deliver(...told(stage), ...told(stage))
  await flow.drained()
  const whole = await createCallReader(flow.warehouse).whole(stage.tenant, 'call-1')
  expect(whole?.activity.map(({ type, atMs }) => [type, atMs - stage.at(0)])).toEqual([
    ['chat.sent', 0],
    ['chat.sent', 1_000],
    ['chat.delivered', 2_000],
    ['chat.read', 5_000],
    ['chat.delivered', 9_000],
  ])
  expect(whole?.activity[3]?.data).toEqual({ delay_ms: 5_000 })
  expect(await flow.recordsOf(stage.tenant)).toEqual(before)
})
