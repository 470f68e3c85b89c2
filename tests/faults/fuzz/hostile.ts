import type { Random } from '#simulator/random.ts'

/** Texts that programs and stores trip over. One more is a line here. */
const texts: readonly string[] = [
  ...['', ' ', '\t', 'a\nb', 'a\rb', 'a\u0000b', '\u0001', '\u007f', '\u0085', '\u2028', '\ufeff', '\ufffe', '\ufffd'],
  ...[
    '\ud800',
    '\udfff',
    'a\ud83d',
    '\ude00\ud83d',
    '\ud800\ud800',
    '\ud83d\ude00',
    'e\u0301\u200d\u202e',
    '\u202eevil',
  ],
  ...[
    "'",
    '"',
    '`',
    '\\',
    "\\'",
    '\\N',
    '\\x00',
    "'; DROP TABLE calls; --",
    "' OR ''='",
    '{v:String}',
    '${x',
    '%s%n',
    '%00',
  ],
  ...[
    'trace:',
    'trace:0',
    `trace:${'a'.repeat(32)}`,
    'id:x',
    'call_id:x',
    '*',
    'null',
    'undefined',
    'NaN',
    '-1',
    '0',
    '1e999',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'live',
    'timeline',
    'facets',
    '..',
    '../../etc/passwd',
    '/',
    '?',
    '#',
  ],
  ...[
    'x'.repeat(100),
    'x'.repeat(200),
    'x'.repeat(201),
    '\u4e2d'.repeat(100),
    '\u4e2d'.repeat(200),
    '\ud83d\ude00'.repeat(50),
  ],
  ...['\ud83d\ude00'.repeat(100), `${'x'.repeat(199)}\ud83d`, 'x'.repeat(70_000), '\u4e2d'.repeat(30_000)],
  ...[
    '{"a":',
    '[[[',
    '<script>alert(1)</script>',
    '\u001b[31m',
    'SGVsbG8=',
    '+49 30 1234567',
    'sip:a@b',
    '"Bob" <sip:+49301@h>',
  ],
  ...[
    '2026-02-30T25:61:61Z',
    '0000-00-00T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00.001Z',
    '1969-12-31T23:59:59Z',
  ],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
    '-9223372036854775809',
    '0.30000000000000004',
  ],
]

/** Numbers at the edges of doubles, of columns and of sense. */
const numbers: readonly number[] = [
  ...[
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1e-320,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 63,
    2 ** 64,
  ],
  ...[
    -(2 ** 31),
    -(2 ** 53) + 1,
    -(2 ** 63),
    1e18,
    1e21,
    1.7e308,
    86_400_000,
    86_400_001,
    65_535,
    65_536,
    255,
    256,
    99.99,
  ],
]

const others: readonly unknown[] = [
  ...[null, true, false, [], {}, [null], [[]], { toString: 1, valueOf: 1 }, { length: 4_294_967_296 }, ['\ud800']],
  ...[{ '\udc00': 1 }, { 'a\u0000': { b: '\ud800' } }, JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)],
]

/** Any UTF-16, halves of characters too. */
const anyText = (random: Random): string =>
  String.fromCharCode(...Array.from({ length: random.int(1, 30) }, () => random.int(0, 0xffff)))

/** A hostile value for a field of this kind, most often of the kind that the field has. */
export function hostileValue(random: Random, kind: 'text' | 'number' | 'choice'): unknown {
  const turn = random.next()
  if (turn < 0.1) return random.pick(others)
  if (turn < 0.2) return random.pick<unknown>(kind === 'number' ? texts : numbers)
  if (kind === 'number') return random.pick(numbers)
  return turn < 0.3 ? anyText(random) : random.pick(texts)
}

export const hostileText = (random: Random): string => (random.next() < 0.2 ? anyText(random) : random.pick(texts))
