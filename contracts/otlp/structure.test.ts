import { describe, expect, test } from 'vitest'
import { decodeLogs, decodeSpans } from './decode.ts'
import { otlpLimits } from './limits.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const logsOf = (...logRecords: unknown[]) => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })

describe('structure without content', () => {
  const field = (tag: number, body: Buffer = Buffer.alloc(0)): Buffer => {
    const size: number[] = []
    for (let left = body.length; ; left >>>= 7) {
      size.push(left > 127 ? (left & 127) | 128 : left)
      if (left <= 127) return Buffer.concat([Buffer.from([tag, ...size]), body])
    }
  }
  const many = (count: number, one: Buffer): Buffer => Buffer.alloc(count * one.length, one)
  // Fields 1, 2, 2 and 6 of the messages on the way: resources, their scopes, their records, attributes of one.
  const [resources, scopes, records, attributes] = [0x0a, 0x12, 0x12, 0x32]
  const millions = {
    resources: many(2_000_000, field(resources)),
    'resources with a scope each': many(1_000_000, field(resources, field(scopes))),
    scopes: field(resources, many(2_000_000, field(scopes))),
    records: field(resources, field(scopes, many(2_000_000, field(records)))),
    attributes: field(resources, field(scopes, field(records, many(2_000_000, field(attributes))))),
  }

  test.each(Object.entries(millions))('millions of empty %s in protobuf are refused, and named', (what, body) => {
    // Attributes have another number in a span.
    for (const decode of what === 'attributes' ? [decodeLogs] : [decodeLogs, decodeSpans])
      expect(decode(body, 'application/x-protobuf')).toMatchObject({
        type: 'malformed',
        reason: 'invalid_schema',
        detail: expect.stringMatching(/more than 300,000 .* in all: send smaller batches/),
      })
  })

  const objects = `${'{},'.repeat(1_300_000)}{}`
  test.each([
    `{"resourceLogs":[${objects}]}`,
    `{"resourceLogs":[{"scopeLogs":[${objects}]}]}`,
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${objects}]}]}]}`,
    `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[${objects}]}]}]}]}`,
    `{"unknown":[${objects}]}`,
    `{"resourceLogs":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`,
  ])('and in JSON, before any of it is parsed: %.60s', (text) => {
    expect(decodeLogs(Buffer.from(text), 'application/json')).toMatchObject({
      type: 'malformed',
      detail: expect.stringMatching(/^body: holds more than 300,000/),
    })
  })

  test('each level has a limit of its own, below which all is read', () => {
    const of = (level: 'resources' | 'scopes' | 'records', count: number) => {
      const list = Array.from({ length: count }, () => ({}))
      if (level === 'records') return logsOf(...list)
      return level === 'scopes' ? { resourceLogs: [{ scopeLogs: list }] } : { resourceLogs: list }
    }
    for (const level of ['resources', 'scopes', 'records'] as const) {
      const most = otlpLimits[level]
      expect(decodeLogs(json(of(level, most)), 'application/json')).toMatchObject({ type: 'decoded' })
      const inFields = { resources: [resources], scopes: [resources, scopes], records: [resources, scopes, records] }
      const empty = many(most + 1, field(inFields[level].at(-1) as number))
      const over = inFields[level].slice(0, -1).reduceRight((body, tag) => field(tag, body), empty)
      for (const [body, type] of [
        [json(of(level, most + 1)), 'application/json'],
        [over, 'application/x-protobuf'],
      ] as const)
        expect(decodeLogs(body, type)).toMatchObject({
          type: 'malformed',
          detail: expect.stringMatching(/^(resourceLogs|scopeLogs|logRecords): more than [\d,]+ in one request/),
        })
    }
  })

  test('brackets inside of texts are no structure', () => {
    const text = `${'{['.repeat(200_000)}\\"{[{[`
    const decoded = decodeLogs(
      json(logsOf({ timeUnixNano: '1544712660300000000', body: { stringValue: text } })),
      'application/json',
    )
    expect(decoded).toMatchObject({ type: 'decoded', lines: [{}] })
  })
})
