import { expect, test } from 'vitest'
import { createEventReader } from './event-stream.ts'

test('events come whole, however the text was cut', () => {
  const text =
    'retry: 2000\n\nid: 7\nevent: calls\ndata: {"a":1}\n\n: a comment\n\nevent: tick\r\ndata: 1\r\ndata: 2\r\n\r\n'
  for (let cut = 0; cut <= text.length; cut++) {
    const read = createEventReader()
    expect([...read(text.slice(0, cut)), ...read(text.slice(cut))]).toEqual([
      { event: 'calls', data: '{"a":1}', id: '7' },
      { event: 'tick', data: '1\n2', id: undefined },
    ])
  }
})

test('an event is not told before it is whole', () => {
  const read = createEventReader()
  expect(read('event: tick\ndata: {"nowMs":1}\n')).toEqual([])
  expect(read('\n')).toHaveLength(1)
})

test('only one space after the colon is no part of the value', () => {
  expect(createEventReader()('data:  two\n\ndata:none\n\n').map(({ data }) => data)).toEqual([' two', 'none'])
})

test('a stream that never ends an event is given up', () => {
  const read = createEventReader()
  expect(() => {
    for (let at = 0; at < 20; at++) read('x'.repeat(1_000_000))
  }).toThrow('without an end')
})
