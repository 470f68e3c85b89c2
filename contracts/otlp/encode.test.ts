import { expect, test } from 'vitest'
import type { LogLine, Span } from '../signals/otlp.ts'
import { decodeLogs, decodeSpans } from './decode.ts'
import { encodeLogsRequest, encodeSpansRequest } from './encode.ts'

const resource = {
  'service.name': 'call-control',
  'host.cores': 8,
  ratio: 0.5,
  flags: [true, null, 'x', { deep: [1] }],
}
const common = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  serviceName: 'call-control',
  resource,
}
const line: LogLine = {
  ...common,
  timeUnixNano: '1700000000000000001',
  severityNumber: 17,
  severityText: 'ERROR',
  body: 'no route',
  scopeName: 'routing',
  attributes: { big: '9007199254740993', correlation_id: 'c-1' },
}
const span: Span = {
  ...common,
  parentSpanId: '',
  traceState: '',
  name: 'INVITE',
  kind: 3,
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '1700000000000000002',
  statusCode: 2,
  statusMessage: 'no route',
  scopeName: 'routing',
  attributes: {},
  events: [{ timeUnixNano: '1700000000000000001', name: 'retry', attributes: { n: 1 } }],
  links: [{ traceId: common.traceId, spanId: common.spanId }],
}

test('what is encoded decodes to the same', () => {
  const lines = [line, { ...line, body: 'again' }, { ...line, resource: {}, serviceName: '', scopeName: '' }]
  expect(decodeLogs(Buffer.from(encodeLogsRequest(lines)), undefined)).toEqual({ type: 'decoded', lines, refused: [] })
  const spans = [span, { ...span, spanId: 'eee19b7ec3c1b175' }]
  expect(decodeSpans(Buffer.from(encodeSpansRequest(spans)), undefined)).toEqual({
    type: 'decoded',
    spans,
    refused: [],
  })
})

test('a service that its resource does not name is put there', () => {
  const decoded = decodeLogs(Buffer.from(encodeLogsRequest([{ ...line, resource: {} }])), undefined)
  expect(decoded).toMatchObject({
    lines: [{ serviceName: 'call-control', resource: { 'service.name': 'call-control' } }],
  })
})
