import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { encodingByContent } from './told-by-content.ts'

/** A request of these resources' bytes: field 1, as often as there are any. */
function requestOf(resources: readonly Uint8Array[]): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const resource of resources) writer.uint32(0x0a).bytes(resource)
  return writer.finish()
}

test('a protobuf request is told by its shape, whatever is in it', () => {
  const resource = fc.uint8Array({ maxLength: 400 })
  fc.assert(
    fc.property(fc.array(resource, { minLength: 1, maxLength: 5 }), (resources) => {
      expect(encodingByContent(requestOf(resources))).toBe('protobuf')
    }),
  )
})

test('JSON is told as such, also where it begins with a line feed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', '\n', ' ', '\r\n', '\n\n\t'), (value, before) => {
      const text = `${before}{"resourceLogs":[${JSON.stringify(value)}]}`
      expect(encodingByContent(Buffer.from(text))).toBe('json')
    }),
  )
})

test('a line feed, a brace and 123 bytes more may be either: the text decides', () => {
  const text = `\n{"resourceLogs":[${JSON.stringify('x'.repeat(103))}]}`
  expect(text.length).toBe(125)
  expect(encodingByContent(Buffer.from(text))).toBe('json')
  expect(encodingByContent(requestOf([new Uint8Array(123).fill(0x7d)]))).toBe('protobuf')
})

test('an empty protobuf request has no bytes; nonsense is left to the JSON reader to refuse', () => {
  expect(encodingByContent(new Uint8Array())).toBe('protobuf')
  expect(encodingByContent(new Uint8Array([0x0a]))).toBe('json')
  expect(encodingByContent(new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]))).toBe('json')
  expect(encodingByContent(Buffer.from('hello'))).toBe('json')
})
