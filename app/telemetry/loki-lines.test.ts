import { expect, test } from 'vitest'
import { createLokiLines } from './loki-lines.ts'
import { startReceiver } from './receiver-for-tests.ts'

const line = (msg: string, more: object = {}): string =>
  `${JSON.stringify({ level: 30, time: '2026-03-01T10:00:00.123Z', msg, ...more })}\n`
const place = { serviceName: 'callscope', tenantId: 'own', instance: 'test:1' }

async function until(look: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !look(); tries++) await new Promise((resolve) => setTimeout(resolve, 50))
}

test('a line keeps its time; ids of its trace stand beside it and are no labels', async () => {
  const loki = await startReceiver()
  createLokiLines({ ...place, url: loki.url }).write(line('hello', { trace_id: 'abc', span_id: 'def' }))
  await until(() => loki.bodies.length > 0)
  expect(loki.bodies).toMatchObject([
    {
      streams: [
        {
          stream: { level: 'info', service_name: 'callscope', service_instance_id: 'test:1' },
          values: [['1772359200123000000', expect.stringContaining('hello'), { trace_id: 'abc', span_id: 'def' }]],
        },
      ],
    },
  ])
  await loki.stop()
})

test('a Loki that refuses, or is not there, stops nobody from logging', async () => {
  const loki = await startReceiver(() => 500)
  const refused = createLokiLines({ ...place, url: loki.url })
  const absent = createLokiLines({ ...place, url: 'http://127.0.0.1:9' })
  for (const lines of [refused, absent]) for (let n = 0; n < 100; n++) lines.write(line(`${n}`))
  await until(() => loki.bodies.length > 0)
  for (const lines of [refused, absent]) lines.write(line('still here'))
  await loki.stop()
})

test('a flood is cut, and what is cut is counted', () => {
  const lines = createLokiLines({ ...place, url: 'http://127.0.0.1:9', ticks: () => 0 })
  for (let n = 0; n < 2_500; n++) lines.write(line(`${n}`))
  expect([lines.takeDropped(), lines.takeDropped()]).toEqual([500, 0])
})
