import { expect, test } from 'vitest'
import { acmeKey, aServer, asKey, nowMs } from './http-for-tests.ts'

const report = (changes: object = {}) => ({
  correlation_id: 'call-1',
  start_id: 'pc-1',
  stats: [
    {
      id: 'in1',
      type: 'inbound-rtp',
      kind: 'audio',
      ssrc: 7,
      timestamp: nowMs - 1_000,
      packetsReceived: 100,
      packetsLost: 2,
      jitter: 0.004,
    },
  ],
  ...changes,
})
const post = (payload: object) => ({
  method: 'POST' as const,
  url: '/v1/getstats',
  headers: { 'content-type': 'application/json', ...asKey(acmeKey) },
  payload,
})

test('a getStats report becomes cumulative samples of its call', async () => {
  const { app, records } = aServer()
  const answer = await app.inject(post(report()))
  expect(answer.statusCode).toBe(202)
  expect(answer.json()).toMatchObject({ accepted: 1 })
  expect(records).toMatchObject([{ topic: 'quality-samples', key: 'call-1', headers: { 'callscope-tenant': 'acme' } }])
  expect(JSON.parse(records[0]?.value as string)).toMatchObject({
    type: 'quality.sample',
    data: { scope: 'cumulative', packets_received: 100, packets_lost: 2 },
  })
})

test('a report without its ids, or of another tenant, is refused', async () => {
  const { app, parked } = aServer()
  expect((await app.inject(post(report({ correlation_id: undefined })))).statusCode).toBe(400)
  expect((await app.inject(post(report({ tenantid: 'globex' })))).statusCode).toBe(403)
  expect(parked).toHaveLength(1)
})
