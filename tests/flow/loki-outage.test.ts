import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createEmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import { encodeLogsRequest } from '#contracts/otlp/encode.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { pause } from '#pipelines/pause.ts'
import { createLogsPipeline } from '#pipelines/telemetry.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import { readDeadLetter } from '#sinks/dead-letter/read.ts'
import { aConfig, linesOf, lokiLike } from '#sinks/loki/lines-for-tests.ts'
import { createLokiSink } from '#sinks/loki/loki-sink.ts'
import { noObserver } from '#sinks/shared/observer.ts'
import { startPushServer } from '#tests/push-server.ts'

const undo: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const never = new AbortController().signal

/** The `logs` pipeline between a log of its own and a Loki whose answers a test decides. */
async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'callscope-loki-outage-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  const loki = await startPushServer()
  undo.push(loki.stop)
  const log = createEmbeddedLog({
    ...{ path: join(folder, 'log.sqlite'), topics: embeddedTopics, clock: Date.now, durability: 'process' },
  })
  undo.push(() => log.close())
  /** Runs it until told to stop, as a process would. */
  const start = () => {
    const stop = new AbortController()
    const sink = createLokiSink({
      config: aConfig(loki.url, { requestTimeoutSeconds: 1 }),
      ...{ observer: noObserver, clock: Date.now, random: () => 0, backoff: { firstMs: 20, mostMs: 100 } },
    })
    const pipeline = createLogsPipeline({
      ...{ log, sink, windows: defaultWindows, tenants: () => new Set(['acme']), deadLetter: deadLetters },
      limits: { lingerMs: 5, waitMs: 20 },
      observer: { records() {}, batch() {}, stored() {}, committed() {}, paused() {}, retry() {} },
    })
    // A pipeline that is stopped while its store takes nothing ends with an error: it has not committed.
    const running = pipeline.run(stop.signal).catch(() => undefined)
    return {
      async drained() {
        for (const patience = AbortSignal.timeout(20_000); !patience.aborted && !pipeline.idle(); )
          await pause(20, never)
        expect(pipeline.idle()).toBe(true)
      },
      async stop() {
        stop.abort()
        await running
        await sink.close()
      },
    }
  }
  const append = (bodies: readonly string[]) =>
    log.append(
      bodies.map((body, at) => ({
        topic: topicNames.appLogs,
        key: null,
        value: encodeLogsRequest([
          {
            ...{ timeUnixNano: `${Date.now()}${String(at).padStart(6, '0')}`, severityNumber: 9, severityText: 'INFO' },
            ...{ traceId: '', spanId: '', serviceName: 's', resource: {}, scopeName: '', attributes: {}, body },
          },
        ]),
      })),
    )
  return { log, loki, start, append }
}

const bodiesOf = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `line ${at}`)

test('nothing is committed that Loki has not taken: stopped in an outage, the next process begins where it stood', async () => {
  const { loki, start, append } = await open()
  loki.answer = () => ({ status: 503 })
  await append(bodiesOf(50))
  const first = start()
  while (loki.requests.length < 3) await pause(10, never)
  await first.stop()
  const kept: string[] = []
  loki.answer = (request) => {
    kept.push(...linesOf(request).map(({ line }) => line))
    return { status: 204 }
  }
  const second = start()
  await second.drained()
  await second.stop()
  expect([...new Set(kept)].toSorted()).toEqual(bodiesOf(50).toSorted())
})

test('an answer that got lost, a broken connection and a limit later, each line is there once', async () => {
  const { loki, start, append } = await open()
  const store = lokiLike(() => false)
  const answers: ('hang' | 'cut' | { readonly status: number })[] = ['hang', 'cut', { status: 429 }, { status: 500 }]
  loki.answer = (request) => {
    const answer = store.answer(request)
    return answers.shift() ?? answer
  }
  await append(bodiesOf(200))
  const running = start()
  await running.drained()
  await running.stop()
  expect(answers).toEqual([])
  expect(store.kept.size).toBe(200)
})

test('a line that Loki will never take is a dead letter, and the offsets go on', async () => {
  const { loki, log, start, append } = await open()
  const store = lokiLike((line) => line === 'GUILTY')
  loki.answer = store.answer
  await append([...bodiesOf(30), 'GUILTY'])
  const running = start()
  await running.drained()
  await running.stop()
  const extents = await log.extent(topicNames.deadLetter)
  const records = await Promise.all(
    extents.map(({ topic, partition, start: offset }) => log.read({ topic, partition, offset }, 10)),
  )
  const letters = records.flat().map(readDeadLetter)
  expect(letters).toMatchObject([{ pipeline: 'logs', reason: 'refused_by_store', refused: 1 }])
  expect(letters[0]?.detail).toContain('loki: line_too_long (1 of this batch)')
  expect(store.kept.size).toBe(30)
})
