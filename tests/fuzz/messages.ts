import fc from 'fast-check'

/** Content that programs trip over: numbers at the edge of what a double holds, names that objects have, halves of characters. */
const nasty: readonly unknown[] = [
  ...[null, true, '', ' ', 0, -0, -1, 0.5, 1e-320, 5e15, 2 ** 53, -(2 ** 53), 2 ** 64, 1.7e308, '1e999', 'NaN'],
  ...['\ud800', '\udfff\ud800', 'a\ud83d', '\u0000', '\ufeff', '\u2028', '%', '%E0%A4%A', 'x'.repeat(70_000)],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '+49 30 1234567',
    '"Bob" <sip:+4930123@h>',
    'sip:@',
    '<sip:',
  ],
  ...['2026-02-30T25:61:61Z', '+275760-09-13T00:00:00.001Z', '0000-00-00T00:00:00Z', '9223372036854775808', '-1'],
  ...[[], {}, [[]], [null], { __proto__: null }, { toString: 1, valueOf: 1 }, { length: 4_294_967_296 }],
  JSON.parse('{"__proto__":{"tenantid":"x"},"constructor":{"prototype":{}}}'),
  JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`),
  JSON.parse(`${'{"kvlistValue":{"values":[{"key":"a","value":'.repeat(400)}{}${'}]}}'.repeat(400)}`),
]

/** Any UTF-16, halves of characters too. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 30 }).map((units) => String.fromCharCode(...units))

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...nasty) },
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
)

interface Mutation {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'rename' | 'repeat' | 'wrap'
  readonly value: unknown
  readonly name: string
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'repeat', 'wrap'),
  value: anyValue,
  name: fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'length', 'values', ''), anyText),
})

type Holder = Record<string, unknown>

/** Every place in a tree of JSON, as the object or list that holds it and its key. */
function placesIn(value: unknown, found: [Holder, string][] = [], depth = 0): readonly [Holder, string][] {
  if (typeof value !== 'object' || value === null || depth > 30) return found
  for (const key of Object.keys(value)) {
    found.push([value as Holder, key])
    placesIn((value as Holder)[key], found, depth + 1)
  }
  return found
}

function apply(root: unknown, { at, how, value: given, name }: Mutation): unknown {
  const places = placesIn(root)
  const place = places[at % Math.max(1, places.length)]
  if (place === undefined) return structuredClone(given)
  const [holder, key] = place
  const before = holder[key]
  const value = structuredClone(given)
  const put = (name: string, what: unknown) =>
    Object.defineProperty(holder, name, { value: what, enumerable: true, configurable: true, writable: true })
  if (how === 'replace') put(key, value)
  else if (how === 'remove') delete holder[key]
  else if (how === 'rename' && !Array.isArray(holder)) put(name, before)
  else if (how === 'repeat') put(key, [before, before, value])
  else put(key, { [name]: before })
  return root
}

/** A valid message, spoilt in up to four places: most of it is still what a decoder takes for right. */
export const spoiltJson = (valid: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({ of: fc.constantFrom(...valid), mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }) })
    .map(({ of, mutations }) => JSON.stringify(mutations.reduce(apply, JSON.parse(of))) ?? '')

/** Bytes of a valid message with some of them changed, cut or put in. */
export const spoiltBytes = (valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      of: fc.constantFrom(...valid),
      changes: fc.array(fc.record({ at: fc.nat(), cut: fc.nat(8), put: fc.uint8Array({ maxLength: 8 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
    })
    .map(({ of, changes }) => {
      let bytes = Buffer.from(of)
      for (const { at, cut, put } of changes) {
        const from = at % Math.max(1, bytes.length)
        bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)])
      }
      return bytes
    })

const varint = (value: number): number[] => {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left]
    bytes.push((left % 128) + 128)
  }
}

/** Protobuf that is well formed and means whatever: fields of every kind, nested, with numbers that OTLP uses. */
export const anyProtobuf: fc.Arbitrary<Uint8Array> = fc
  .letrec<{ message: number[]; field: number[] }>((tie) => ({
    message: fc.array(tie('field'), { maxLength: 5 }).map((fields) => fields.flat()),
    field: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc
        .tuple(fc.integer({ min: 1, max: 16 }), fc.nat(2 ** 40))
        .map(([number, value]) => [...varint(number * 8), ...varint(value)]),
      fc
        .tuple(fc.integer({ min: 1, max: 16 }), fc.uint8Array({ minLength: 8, maxLength: 8 }))
        .map(([number, bytes]) => [...varint(number * 8 + 1), ...bytes]),
      fc
        .tuple(fc.integer({ min: 1, max: 16 }), fc.uint8Array({ maxLength: 40 }))
        .map(([number, bytes]) => [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]),
      fc
        .tuple(fc.constantFrom(1, 1, 2, 2, 5, 6, 9, 11, 13, 15), tie('message'))
        .map(([number, inner]) => [...varint(number * 8 + 2), ...varint(inner.length), ...inner]),
    ),
  }))
  .message.map((bytes) => Uint8Array.from(bytes))

/** Headers as anybody may set them. */
export const anyHeaders: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        ...['ce_id', 'ce_type', 'ce_time', 'ce_specversion', 'ce_tenantid', 'ce___proto__', 'ce_', '__proto__'],
        ...['content-type', 'callscope-tenant', 'callscope-run', 'callscope-replay', 'callscope-log-time'],
        'callscope-only-tenant',
      ),
      fc.oneof(
        fc.constantFrom(...['acme', 'call.started', '1.0', 'application/json', 'application/x-protobuf', '1', '-1']),
        fc.constantFrom('2026-03-01T10:00:05.000Z', '1772359200000', 'application/cloudevents+json', '__proto__'),
        anyText,
      ),
    ),
    { maxLength: 5 },
  )
  .map((entries) => Object.fromEntries(entries))
