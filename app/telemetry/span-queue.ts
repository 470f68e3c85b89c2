import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node'

type Processor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number]
type Exporter = NodeSDKConfiguration['traceExporter']
type EndedSpan = Parameters<Processor['onEnd']>[0]

export interface SpanQueueOptions {
  readonly exporter: Exporter
  /** Spans that wait. More than these are dropped, and counted. */
  readonly maxWaiting?: number
  readonly everyMs?: number
  /** The process does not wait longer than this for the last of them. */
  readonly closeWithinMs?: number
}

export interface SpanQueue extends Processor {
  /** Spans that were dropped since this was asked last: no room, or not taken. */
  takeDropped(): number
}

const batchSize = 512
const sampled = 1

/** Sends ended spans in batches, one batch at a time, and never makes anybody wait who ends one. */
export function createSpanQueue(options: SpanQueueOptions): SpanQueue {
  const { exporter, maxWaiting = 2_048, everyMs = 1_000, closeWithinMs = 3_000 } = options
  const waiting: EndedSpan[] = []
  let dropped = 0
  let closed = false
  let sending: Promise<void> | undefined

  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()

  function send(batch: EndedSpan[]): Promise<void> {
    return new Promise((resolve) => {
      try {
        exporter.export(batch, ({ code }) => {
          // A receiver that takes nothing is told of by its gap, and by this count.
          if (code !== 0) dropped += batch.length
          resolve()
        })
      } catch {
        dropped += batch.length
        resolve()
      }
    })
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) await send(waiting.splice(0, batchSize))
  }

  function flush(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined
    })
    return sending
  }

  return {
    takeDropped() {
      const taken = dropped
      dropped = 0
      return taken
    },
    onStart() {},
    onEnd(span) {
      if ((span.spanContext().traceFlags & sampled) === 0) return
      if (closed || waiting.length >= maxWaiting) dropped++
      else waiting.push(span)
    },
    forceFlush: flush,
    async shutdown() {
      closed = true
      clearInterval(timer)
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const limit = setTimeout(resolve, closeWithinMs)
      await Promise.race([flush().then(() => exporter.shutdown()), late]).catch(() => undefined)
      clearTimeout(limit)
      dropped += waiting.splice(0).length
    },
  }
}
