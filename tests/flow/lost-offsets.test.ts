import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { messagesOf, traceOf } from '#tests/builders.ts'
import { aStage, everyFew, monthEnd, startFlow } from './flow.ts'
import { wholeCall } from './whole-call.ts'

const shape = {
  losses: [0, 2, 60, 0, 12, 0, 0, 0],
  counters: [5_000, 5_000, 59_999, 75_000, 5_000].map((afterMs) => ({ received: 250, lost: 5, afterMs })),
  ...{ restartAt: 2, restartTold: false },
}

test('a group that has lost its offsets announces all that raw holds: identical records come back from nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callscope-lost-'))
  try {
    const midnightMs = monthEnd(0)
    const first = await startFlow(midnightMs, { folder })
    const { tenant, at, event, sample, span } = aStage(first)
    await first.deliver(
      ...wholeCall(tenant, midnightMs, shape),
      ...everyFew(0, 30).map((second) => sample('media-only', at(second))),
      event('cdr-only', 'cdr.recorded', at(40), { ended_at: new Date(at(39)).toISOString() }),
      span(at(3), 'GET /nothing', { trace: traceOf('e'), failed: true }),
    )
    const before = await first.settled(tenant)
    expect(Object.keys(before)).toEqual(['a', 'cdr-only', 'media-only'])
    const nowMs = first.clock.now()
    for (const table of ['call_minutes', 'calls', 'call_keys']) {
      await first.warehouse.command({ query: `TRUNCATE TABLE ${table}` })
    }
    first.log.forgetGroup('summaries')
    await first.stop()

    const again = await startFlow(nowMs, { folder })
    expect(await again.settled(tenant, 0)).toEqual(before)
    // And it goes on from there.
    await again.deliver(messagesOf(tenant).event('after', 'call.started', nowMs))
    await again.drained()
    expect(Object.keys(await again.recordsOf(tenant))).toEqual(['a', 'after', 'cdr-only', 'media-only'])
    await again.stop()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
