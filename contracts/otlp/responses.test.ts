import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { encodeLogsResponse, encodeStatus, encodeTraceResponse } from './responses.ts'

const { root } = protobuf.parse(
  `syntax = "proto3"; message Partial { int64 rejected = 1; string error_message = 2; }
   message Response { Partial partial_success = 1; } message Status { int32 code = 1; string message = 2; }`,
)
const partial = { rejected: 3, message: 'timeUnixNano: is missing' }

test('all accepted is an empty response', () => {
  expect(Buffer.from(encodeLogsResponse(undefined, 'json')).toString()).toBe('{}')
  expect(encodeTraceResponse(undefined, 'protobuf')).toHaveLength(0)
})

test('partial success says how many and why, on both wires', () => {
  expect(JSON.parse(Buffer.from(encodeLogsResponse(partial, 'json')).toString())).toEqual({
    partialSuccess: { rejectedLogRecords: '3', errorMessage: partial.message },
  })
  expect(JSON.parse(Buffer.from(encodeTraceResponse(partial, 'json')).toString())).toHaveProperty(
    'partialSuccess.rejectedSpans',
    '3',
  )
  const decoded = root.lookupType('Response').decode(encodeLogsResponse(partial, 'protobuf')).toJSON()
  expect(decoded).toEqual({ partialSuccess: { rejected: '3', errorMessage: partial.message } })
})

test('an error is a google.rpc.Status', () => {
  const decoded = root.lookupType('Status').decode(encodeStatus('body: too large', 'protobuf')).toJSON()
  expect(decoded).toEqual({ code: 3, message: 'body: too large' })
})
