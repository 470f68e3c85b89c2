import { describe, expect, test } from 'vitest'
import { formatOfHead } from './detect-format.ts'
import { fixture, imported, importedText, lines } from './import-for-tests.ts'

const event = (fields: object = {}, data: object = {}) => ({
  specversion: '1.0',
  id: 'e-1',
  source: 'sbc-1',
  type: 'call.answered',
  time: '2025-06-01T10:00:00Z',
  correlationid: 'call-1',
  data,
  ...fields,
})
const sample = (fields: object = {}) =>
  event(
    { type: 'quality.sample', ...fields },
    { observer: 'sbc', direction: 'send', interval_ms: 5_000, packets_received: 250 },
  )

describe('formats are told by their beginning', () => {
  test.each([
    ['rtcstats', 'RTCStatsDump\n{"fileFormat":3}\n'],
    ['jitsi-rtcstats', '["connectionInfo",null,{}'],
    ['webrtc-internals', '{\n "getUserMedia": [], "PeerConnections": {'],
    ['otlp-logs', '{"resourceLogs":[{"resource":{"attributes":[{"key":"specversion"'],
    ['otlp-traces', ' {"resource_spans": ['],
    ['cloudevents', '{"data":{"topic":"x","value":"y"},"specversion":"1.0"'],
    ['cloudevents', '[\n{"specversion":"1.0"'],
    ['replay', '{"topic":"call-events","key":"a","headers":{},"value":"{\\"specversion\\":1}"}'],
    ['server-stats', '{"statsSessionId":"x","type":"identity"'],
    [undefined, 'a,b,c\n1,2,3'],
    [undefined, ''],
    [undefined, '{"specversion'],
  ])('%s', (format, head) => {
    expect(formatOfHead(head)).toBe(format)
  })
})

describe('CloudEvents', () => {
  test('single and in arrays, by topic and key', async () => {
    const chat = event({ type: 'chat.sent', correlationid: undefined }, { conversation_id: 'room-1' })
    const { records, tally } = await importedText(lines(event(), [sample(), sample({ id: 'e-2' })], chat))
    expect(records.map(({ topic, key }) => [topic, key])).toEqual([
      ['call-events', 'call-1'],
      ['quality-samples', 'call-1'],
      ['quality-samples', 'call-1'],
      ['chat-events', 'room-1'],
    ])
    expect(tally).toMatchObject({ calls: 1, streams: 1, samples: 2, events: 2, refused: 0 })
  })

  test('one document that is spread over lines', async () => {
    const { tally } = await importedText(JSON.stringify([event(), sample()], null, 2))
    expect(tally).toMatchObject({ samples: 1, events: 1, refused: 0 })
  })

  test('each bad one is refused with line, field and reason; the good go on', async () => {
    const { refused, tally } = await importedText(
      `${lines(
        event({ type: 'call.imagined' }),
        event({ type: 'weather.changed' }),
        event({}, { codec: 5 }),
        event({ tenantid: 'other' }),
        event({ time: '1970-01-01T00:00:00Z' }),
        event({ time: '2100-01-01T00:00:00Z' }),
        [7, event()],
      )}{"specversion":`,
    )
    expect(refused.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'unknown_type'],
      [2, 'unknown_type'],
      [3, 'invalid_schema'],
      [4, 'tenant_mismatch'],
      [5, 'too_old'],
      [6, 'too_far_ahead'],
      [7, 'invalid_schema'],
      [8, 'malformed_json'],
    ])
    expect(refused[2]?.detail).toContain('data.codec')
    expect(tally).toMatchObject({ events: 1, refused: 8 })
  })
})

describe('OTLP', () => {
  test('the published examples', async () => {
    const logs = await imported(fixture('opentelemetry-proto/logs.json'))
    expect(logs.tally).toMatchObject({ logs: 1, spans: 0, refused: 0 })
    expect(logs.logs[0]).toMatchObject({ body: 'Example log record', serviceName: 'my.service' })
    const traces = await imported(fixture('opentelemetry-proto/trace.json'))
    expect(traces.tally).toMatchObject({ logs: 0, spans: 1, refused: 0 })
  })

  test('one request to a line; a bad record and a bad line cost themselves', async () => {
    const log = (timeUnixNano: string) => ({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano, body: { stringValue: 'x' } }] }] }],
    })
    const { tally, refused } = await importedText(
      `${lines(log('1700000000000000000'), log('5'), log('never'))}{"resourceLogs":\n${lines(log('1700000001000000000'))}`,
    )
    expect(tally).toMatchObject({ logs: 2, refused: 3 })
    expect(refused.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'too_old'],
      [3, 'invalid_schema'],
      [4, 'malformed_json'],
    ])
  })

  test('a large request is sent on in messages that a log takes', async () => {
    const logRecords = Array.from({ length: 450 }, (_, n) => ({
      timeUnixNano: `${1_700_000_000_000_000_000n + BigInt(n)}`,
    }))
    const { records, logs } = await importedText(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
    expect([records.length, logs.length]).toEqual([3, 450])
  })
})

test('replay lines are recognised and sent to the right command', async () => {
  const { refused, records } = await importedText(lines({ topic: 'call-events', key: 'a', headers: {}, value: '{}' }))
  expect(records).toEqual([])
  expect(refused[0]?.detail).toContain('callscope replay')
})

test('what is no known format is refused with those that are', async () => {
  const { refused, format, tally } = await importedText('a,b\n1,2\n')
  expect([format, tally.refused]).toEqual(['unknown', 1])
  expect(refused[0]?.detail).toContain('CloudEvents')
  expect((await importedText('')).refused).toHaveLength(1)
})

test('a file that is not there is an error of the file system', async () => {
  await expect(imported('/no/such/file')).rejects.toThrow('ENOENT')
})
