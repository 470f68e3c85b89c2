import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { decodeSpans } from '#contracts/otlp/decode.ts'
import type { Span } from '#contracts/signals/otlp.ts'
import { noObserver } from '#sinks/shared/observer.ts'
import { aConfig, aSpan, manySpans } from '#sinks/tempo/spans-for-tests.ts'
import { createTempoSink } from '#sinks/tempo/tempo-sink.ts'
import { ownName } from './names.ts'

const stack = inject('stack')
const never = new AbortController().signal

/** What the Collector has written down of one tenant, once it is so many spans. */
async function received(tenant: string, count: number): Promise<readonly Span[]> {
  const { otlpFile } = stack
  // A receiver given by URL keeps no file for us: that it acknowledged is all that can be seen then.
  if (otlpFile === undefined) return []
  let spans: readonly Span[] = []
  for (const patience = AbortSignal.timeout(20_000); !patience.aborted && spans.length < count; await pause(100)) {
    const exports = (await readFile(otlpFile, 'utf8').catch(() => '')).split('\n').slice(0, -1)
    spans = exports.flatMap((line) => {
      const decoded = decodeSpans(Buffer.from(line), 'application/json')
      return decoded.type === 'decoded'
        ? decoded.spans.filter(({ resource }) => resource['callscope.tenant'] === tenant)
        : []
    })
  }
  return spans
}

const open = (config: object = {}) =>
  createTempoSink({
    config: aConfig(stack.otlp, config),
    ...{ observer: noObserver, clock: Date.now, random: Math.random },
  })

test('an OpenTelemetry Collector reads of our spans what their producers said', async () => {
  const tenant = ownName('tenant')
  const sink = open()
  expect(await sink.deliver([aSpan({ Tenant: tenant })], never)).toEqual({ type: 'delivered' })
  const spans = await received(tenant, 1)
  if (stack.otlpFile !== undefined) {
    expect(spans).toMatchObject([
      {
        ...{
          traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
          spanId: '00f067aa0ba902b7',
          parentSpanId: '53995c3f42cd8ad8',
        },
        ...{ name: 'INVITE', kind: 2, statusCode: 2, statusMessage: 'no route', traceState: 'vendor=1' },
        ...{ startTimeUnixNano: '1772359205000000001', endTimeUnixNano: '1772359205002500001' },
        ...{ serviceName: 'call-control', scopeName: 'sip' },
        attributes: { correlation_id: 'c-1', 'http.response.status_code': 503, extension: '100' },
        events: [{ timeUnixNano: '1772359205000000002', name: 'retry', attributes: { n: '1' } }],
        links: [{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }],
      },
    ])
  }
  await sink.close()
})

test('it takes a batch of many requests, and the same again with the same ids', async () => {
  const tenant = ownName('tenant')
  const rows = Array.from({ length: 40 }, (_, trace) =>
    manySpans(250, {
      ...{ Tenant: tenant, TraceId: (trace + 1).toString(16).padStart(32, '0'), StatusMessage: 'x'.repeat(300) },
    }),
  ).flat()
  const sink = open()
  for (let n = 0; n < 2; n++) expect(await sink.deliver([...rows], never)).toEqual({ type: 'delivered' })
  const spans = await received(tenant, 20_000)
  if (stack.otlpFile !== undefined) {
    expect(spans).toHaveLength(20_000)
    expect(new Set(spans.map(({ traceId, spanId, kind }) => `${traceId} ${spanId} ${kind}`)).size).toBe(10_000)
  }
  await sink.close()
})
