import { afterAll, beforeAll, expect, test } from 'vitest'
import { pause } from '#pipelines/pause.ts'
import { aStage, everyFew, type Flow, type PlainRecord, startFlow } from './flow.ts'

const minuteMs = 60_000

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow?.stop())

/** Waits, and not for the pipelines that are held, until the record of a call is as it should be. */
async function recordThat(tenant: string, id: string, isRight: (record: PlainRecord) => boolean): Promise<PlainRecord> {
  for (const since = Date.now(); ; ) {
    const record = (await flow.recordsOf(tenant))[id]
    if (record !== undefined && isRight(record)) return record
    if (Date.now() - since > 20_000) throw new Error(`is not so: ${JSON.stringify(record)?.slice(0, 300)}`)
    await pause(50, AbortSignal.timeout(1_000))
  }
}

const everSettled = async (tenant: string) => {
  const [[count] = [-1]] = await flow.rows<[number]>(
    `SELECT count() FROM calls WHERE tenant = '${tenant}' AND state = 'settled'`,
  )
  return count
}

test('a call whose log lines and spans nobody has read yet goes on being shown, and does not settle', async () => {
  const { tenant, at: before, event, sample, log, span } = aStage(flow)
  const at = (second: number) => before(600 + second)
  await flow.drained()
  const goOn = await flow.hold('evidence')
  await flow.deliver(
    event('c', 'call.started', at(0)),
    event('c', 'call.answered', at(5)),
    ...everyFew(5, 60).map((second) => sample('c', at(second))),
    log(at(20), 'no answer from gateway', { id: 'c', severity: 17 }),
    span(at(30), 'POST /routes', { id: 'c', failed: true }),
  )
  await recordThat(tenant, 'c', ({ streams }) => streams[0]?.measuredMs === 55_000)
  flow.clock.advance(30 * minuteMs)
  await flow.deliver(event('c', 'call.ended', at(60)))
  const ended = await recordThat(tenant, 'c', ({ endedMs }) => endedMs !== undefined)
  expect(ended).toMatchObject({ endedMs: at(60), evidenceCount: 0 })
  // By all other partitions it would have settled long ago, and the search for what is due has gone round.
  await pause(1_000, AbortSignal.timeout(2_000))
  expect(await everSettled(tenant)).toBe(0)

  goOn()
  const { c } = await flow.settled(tenant)
  expect(c).toMatchObject({ state: 'settled', evidenceCount: 2 })
  expect(
    await flow.rows(`SELECT max(evidence_count), min(evidence_count) FROM calls
    WHERE tenant = '${tenant}' AND state = 'settled'`),
  ).toEqual([[2, 2]])
})

test('log lines of others, or none at all, hold back no call', async () => {
  const { tenant, at, event } = aStage(flow)
  const other = aStage(flow)
  await flow.deliver(event('c', 'call.started', at(0)), event('c', 'call.ended', at(60)))
  const settled = flow.settled(tenant)
  for (let n = 0; n < 10; n++) {
    await flow.deliver(...Array.from({ length: 50 }, (_, line) => other.log(other.at(n), `${n} ${line}`, { id: 'd' })))
  }
  expect((await settled).c).toMatchObject({ state: 'settled', endedMs: at(60) })
})
