import { expect, test } from 'vitest'
import { createSpanQueue, type SpanQueueOptions } from './span-queue.ts'

type Exporter = SpanQueueOptions['exporter']
type EndedSpan = Parameters<Exporter['export']>[0][number]
const aSpan = (traceFlags = 1) => ({ spanContext: () => ({ traceFlags }) }) as EndedSpan

/** A receiver that answers when it is told to. */
function aReceiver(code: 0 | 1 | 'never' = 0) {
  const sizes: number[] = []
  const exporter: Exporter = {
    export(batch, done) {
      sizes.push(batch.length)
      if (code !== 'never') done({ code })
    },
    shutdown: async () => undefined,
  }
  return { sizes, exporter }
}

test('spans go in batches; those not sampled do not go', async () => {
  const { sizes, exporter } = aReceiver()
  const queue = createSpanQueue({ exporter })
  for (let n = 0; n < 600; n++) queue.onEnd(aSpan())
  queue.onEnd(aSpan(0))
  await queue.shutdown()
  expect([sizes, queue.takeDropped()]).toEqual([[512, 88], 0])
})

test('what there is no room for, and what nobody takes, is dropped and counted once', async () => {
  const { exporter } = aReceiver(1)
  const queue = createSpanQueue({ exporter, maxWaiting: 10 })
  for (let n = 0; n < 15; n++) queue.onEnd(aSpan())
  expect(queue.takeDropped()).toBe(5)
  await queue.forceFlush()
  expect([queue.takeDropped(), queue.takeDropped()]).toEqual([10, 0])
  await queue.shutdown()
})

test('a receiver that never answers does not keep the process', async () => {
  const queue = createSpanQueue({ exporter: aReceiver('never').exporter, closeWithinMs: 20 })
  for (let n = 0; n < 600; n++) queue.onEnd(aSpan())
  await queue.shutdown()
  expect(queue.takeDropped()).toBe(88)
})
