import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordHeaders } from '#contracts/pipeline.ts'
import { messagesOf } from '#tests/builders.ts'
import { type Flow, type PlainRecords, startFlow } from './flow.ts'

const dayMs = 86_400_000
const tenant = 't000'
const { event, sample, log } = messagesOf(tenant)
/** What comes with an import is judged by its own window: nothing else may be as old as this. */
const imported = { headers: { [recordHeaders.run]: 'run-1' } }

const startMs = Math.floor((Date.now() - 45 * dayMs) / 60_000) * 60_000
const at = (second: number) => startMs + second * 1_000

// Written with 30 days, gone by the engine's own clock, and 40 days old in the log's time when 90 days are the rule.
let folder: string
let flow: Flow
let before: PlainRecords
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callscope-test-'))
  const written = await startFlow(startMs + 600_000, { folder, windows: { retentionMs: 30 * dayMs } })
  for (const table of ['call_events', 'quality_samples']) {
    await written.warehouse.command({ query: `SYSTEM STOP TTL MERGES ${table}` })
  }
  await written.deliver(
    ...['heard', 'cut'].flatMap((id) => [
      event(id, 'call.started', at(0), { from: 'p-1', to: 'p-2' }),
      event(id, 'call.answered', at(5), { carrier: 'northtel', codec: 'PCMU' }),
      ...[10, 15, 20].map((second) => sample(id, at(second), { packets_received: 240, packets_lost: 10 })),
      event(id, 'call.ended', at(65), { sip_code: 200 }),
    ]),
  )
  before = await written.settled(tenant)
  await written.stop()
  flow = await startFlow(startMs + 40 * dayMs, { folder, windows: { retentionMs: 90 * dayMs } })
  for (const table of ['call_events', 'quality_samples']) {
    await flow.warehouse.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
  }
}, 30_000)
afterAll(async () => {
  await flow?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('a call whose raw went by the retention of its day stays when retention has been raised since', async () => {
  expect(Object.keys(before)).toEqual(['cut', 'heard'])
  expect(
    await flow.rows('SELECT count() FROM (SELECT 1 FROM call_events UNION ALL SELECT 1 FROM quality_samples)'),
  ).toEqual([[0]])
  await flow.announceCut(tenant, ['cut', 'heard'], ['cut', 'heard'])
  await flow.announce(tenant, ['cut', 'heard'], { minutes: [at(10) / 60_000], rescore: true })
  await flow.drained()
  expect(await flow.recordsOf(tenant)).toEqual(before)

  const line = log(at(20), 'no answer from gateway', { id: 'cut', severity: 17 })
  await flow.deliver(
    event('heard', 'call.held', at(20), { carrier: 'late' }, imported),
    sample('heard', at(12), { packets_received: 0, packets_lost: 250 }, imported),
    event('heard', 'cdr.recorded', at(70), { duration_seconds: 60 }, imported),
    { ...line, headers: { ...line.headers, ...imported.headers } },
  )
  const after = await flow.settled(tenant)
  expect((await flow.letters(tenant)).map(({ reason }) => reason)).toEqual(['too_late', 'too_late'])
  expect(after.heard).toEqual({ ...before.heard, cdr: { durationSeconds: 60 } })
  expect(after.cut).toMatchObject({
    eventCount: 3,
    carrier: 'northtel',
    evidenceCount: 1,
    streams: before.cut?.streams,
  })
})
