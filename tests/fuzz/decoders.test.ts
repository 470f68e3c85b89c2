import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { decodeLogs, decodeSpans } from '#contracts/otlp/decode.ts'
import { bodyOf, simulateTraffic } from '#simulator/index.ts'
import { createGauntlet, logTimeMs } from './decoders.ts'
import { anyHeaders, anyProtobuf, spoiltBytes, spoiltJson } from './messages.ts'

/** More of them by hand: FUZZ_RUNS=20000 npx vitest run tests/fuzz */
const numRuns = Number(process.env.FUZZ_RUNS ?? 200)

const aRecord = (topic: string, value: string | Uint8Array, headers = {}): LogRecord => ({
  ...{ topic, partition: 3, offset: 7, logTimeMs, key: null, headers, value },
})

/** A few of each kind of message, by topic, as the simulated platform sends them. */
function validByTopic(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Map<string, string>>()
  const startMs = logTimeMs - 60_000
  for (const message of simulateTraffic({ seed: 3, calls: 40, startMs, faults: 'none', poison: 0 }).messages) {
    const kinds = found.get(message.topic) ?? new Map<string, string>()
    found.set(message.topic, kinds)
    const text = bodyOf(message)
    kinds.set(`${/"type":"([^"]*)"/.exec(text)?.[1] ?? ''} ${kinds.size % 3}`, text)
  }
  return new Map([...found].map(([topic, kinds]) => [topic, [...kinds.values()]]))
}

const valid = validByTopic()
const all = [...valid].flatMap(([topic, texts]) => texts.map((text) => [topic, text] as const))
const anyTopic = fc.constantFrom(...createGauntlet().topics)

/** No message makes any step throw, nor what its rows are made into for stores. */
async function nothingThrows(records: fc.Arbitrary<LogRecord>): Promise<void> {
  const gauntlet = createGauntlet()
  await fc.assert(
    fc.asyncProperty(records, async (record) => {
      gauntlet.faults.length = 0
      await gauntlet.run(record)
      expect(gauntlet.faults).toEqual([])
    }),
    { numRuns },
  )
}

describe('whatever is in a message, no step throws over it', () => {
  test('the simulated platform sends something on every topic', () => {
    expect([...valid.keys()].sort()).toEqual([...createGauntlet().topics].sort())
  })

  test('valid messages, spoilt in a few places', () =>
    nothingThrows(
      fc
        .constantFrom(...valid.keys())
        .chain((topic) => spoiltJson(valid.get(topic) ?? []).map((text) => aRecord(topic, text))),
    ))

  test('valid messages in lists, on a topic that is not theirs', () =>
    nothingThrows(
      fc
        .tuple(anyTopic, fc.array(spoiltJson(all.map(([, text]) => text)), { maxLength: 4 }))
        .map(([topic, texts]) => aRecord(topic, `[${texts.join(',')}]`)),
    ))

  test('valid messages with bytes changed', () =>
    nothingThrows(
      fc
        .tuple(anyTopic, spoiltBytes(all.map(([, text]) => Buffer.from(text))))
        .map(([topic, bytes]) => aRecord(topic, bytes)),
    ))

  test('any headers, with which content may be anything else', () =>
    nothingThrows(
      fc
        .tuple(fc.constantFrom(...all), anyHeaders)
        .map(([[topic, text], headers]) => aRecord(topic, headers.ce_id === undefined ? text : dataOf(text), headers)),
    ))

  test('any JSON and any bytes', () =>
    nothingThrows(
      fc
        .tuple(anyTopic, fc.oneof(fc.json(), fc.uint8Array({ maxLength: 300 }), fc.string()))
        .map(([topic, value]) => aRecord(topic, value)),
    ))

  test('any protobuf, told by its header or by its content', () =>
    nothingThrows(
      fc
        .tuple(fc.constantFrom('app-logs', 'trace-spans'), anyProtobuf, fc.boolean())
        .map(([topic, bytes, named]) =>
          aRecord(topic, bytes, named ? { 'content-type': 'application/x-protobuf' } : {}),
        ),
    ))

  test('lists and maps nested as deep as a message is long', async () => {
    const gauntlet = createGauntlet()
    for (const depth of [100, 100_000]) {
      const deep = `${'{"arrayValue":{"values":['.repeat(depth / 10)}{}${']}}'.repeat(depth / 10)}`
      const list = `${'['.repeat(depth)}${']'.repeat(depth)}`
      for (const [topic, text] of all) {
        const places = ['"data":', '"attributes":', '"body":', '"value":']
        for (const place of places)
          for (const inner of [deep, list])
            if (text.includes(place)) await gauntlet.run(aRecord(topic, text.replace(place, `${place}${inner},"x":`)))
      }
    }
    expect(gauntlet.faults).toEqual([])
  })

  test('and what is right still is: a fuzz of refusals alone would prove nothing', () => {
    const bodies = (topic: string) => (valid.get(topic) ?? []).map((text) => Buffer.from(text))
    for (const body of bodies('app-logs')) expect(decodeLogs(body, undefined).type).toBe('decoded')
    for (const body of bodies('trace-spans')) expect(decodeSpans(body, undefined).type).toBe('decoded')
  })
})

const dataOf = (text: string): string => JSON.stringify((JSON.parse(text) as { readonly data?: unknown }).data ?? null)
