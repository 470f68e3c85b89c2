import kafkajs from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { bytesOf } from '#contracts/event-log.ts'
import { decodeLogs, decodeSpans } from '#contracts/otlp/decode.ts'
import { callEvent } from '#contracts/signals/call-events.ts'
import { createReader, type Envelope, schemasByType } from '#pipelines/steps/cloud-event.ts'
import { anEvent, exampleRules } from '#pipelines/steps/cloud-event-examples.ts'
import { contentTypeOf } from '#pipelines/steps/logs-place.ts'
import { take } from '#tests/promises/members.ts'
import { broker, openLog } from './kafka-for-tests.ts'
import { ownName } from './names.ts'
import { startCollector } from './servers/collector.ts'
import { temporaryFolder } from './servers/guard.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open(...names: string[]) {
  const { log, dispose } = await openLog(names.map((name) => ({ name, partitions: 1, retentionMs: 86_400_000 })))
  undo.push(dispose)
  const member = await log.join({ group: 'g', topics: names })
  undo.push(() => member.leave())
  return member
}

describe('CloudEvents as a Kafka producer sends them', () => {
  const read = createReader({ ...exampleRules, schemas: schemasByType<Envelope>(callEvent.options) })

  test('structured, batched and binary are one to the reader, headers being bytes, several, or empty', async () => {
    const topic = ownName('events')
    const member = await open(topic)
    const producer = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).producer()
    undo.push(() => producer.disconnect())
    await producer.connect()
    const time = new Date().toISOString()
    const event = anEvent('call.started', { direction: 'inbound' }, { time }) as Record<string, unknown>
    const { data, ...attributes } = event
    const binary = Object.fromEntries(
      Object.entries(attributes)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [`ce_${name}`, Buffer.from(String(value))]),
    )
    await producer.send({
      topic,
      messages: [
        { value: JSON.stringify(event), headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' } },
        { value: JSON.stringify([event, event]), headers: { 'content-type': 'application/cloudevents-batch+json' } },
        { value: JSON.stringify(data), headers: { ...binary, 'content-type': 'application/json' } },
        {
          value: JSON.stringify(data),
          headers: { ...binary, ce_id: ['first', Buffer.from('second')], other: Buffer.alloc(0) },
        },
      ],
    })
    const outcomes = (await take(member, 4)).map((record) => read(record))
    expect(
      outcomes.map((of) => of.map((outcome) => (outcome.type === 'next' ? outcome.value.event.id : outcome))),
    ).toEqual([[event.id], [event.id, event.id], [event.id], ['second']])
  })
})

describe('what the OpenTelemetry Collector’s exporter writes', () => {
  test('carries no content type, and is read by its content', async () => {
    const [logs, traces] = [ownName('logs'), ownName('traces')]
    const member = await open(logs, traces)
    const collector = await startCollector({
      folder: await temporaryFolder('callscope-collector-'),
      kafka: { broker, logs, traces },
    })
    undo.push(() => collector.stop())
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'call-control' } }] }
    const timeUnixNano = `${Date.now()}000000`
    const ids = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' }
    const logRecords = [{ timeUnixNano, severityNumber: 17, body: { stringValue: 'no route' } }]
    const spans = [{ ...ids, name: 'INVITE', kind: 2, startTimeUnixNano: timeUnixNano, endTimeUnixNano: timeUnixNano }]
    await post(`${collector.address}/v1/logs`, { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] })
    await post(`${collector.address}/v1/traces`, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })

    const records = await take(member, 2)
    expect(records.map(({ headers }) => headers['content-type'])).toEqual([undefined, undefined])
    const [log] = records.filter(({ topic }) => topic === logs)
    const [trace] = records.filter(({ topic }) => topic === traces)
    if (log === undefined || trace === undefined) throw new Error('One of the two is missing.')
    expect(decodeLogs(bytesOf(log), contentTypeOf(log))).toMatchObject({
      lines: [{ body: 'no route', serviceName: 'call-control' }],
    })
    expect(decodeSpans(bytesOf(trace), contentTypeOf(trace))).toMatchObject({ spans: [{ name: 'INVITE', ...ids }] })
  })
})

async function post(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
}
