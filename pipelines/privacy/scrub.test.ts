import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { type CountryCode, getCountries, getExampleNumber } from 'libphonenumber-js/min'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, test } from 'vitest'
import { scrub } from './scrub.ts'

describe('what names a person is cut out', () => {
  test.each([
    ['call from +1 415 555 0100 200 OK', 'call from ‹number› 200 OK'],
    ['dialled 0049 30 1234567', 'dialled ‹number›'],
    ['caller=03012345678 callee="415-555-0100"', 'caller=‹number› callee="‹number›"'],
    ['(415) 555-0100 is busy', '‹number› is busy'],
    ['dialed 8 (495) 123-45-67', 'dialed ‹number›'],
    ['{"from":"+4930123456","to":"4930123456"}', '{"from":"‹number›","to":"‹number›"}'],
    ['PJSIP/4930123456-0000001a is ringing', 'PJSIP/‹number›-0000001a is ringing'],
    ['INVITE sip:+4930123456@carrier.example;user=phone SIP/2.0', 'INVITE ‹sip-uri› SIP/2.0'],
    ['"Alice" <sips:alice@example.com> registered', '‹sip-uri› registered'],
    ['From: Bob Smith <sip:bob@biloxi.com>;tag=a6c85cf', 'From: ‹sip-uri›;tag=a6c85cf'],
    ['to tel:+1-201-555-0123.', 'to ‹sip-uri›.'],
    ['uri=sip%3Aalice%40example.com', 'uri=‹sip-uri›'],
    ['user alice.b@mail.example.com logged in', 'user ‹email› logged in'],
    ['registered 1001@203.0.113.5:5062', 'registered ‹email›'],
    ['from 203.0.113.5:5060 and [2001:db8::1]:443', 'from ‹ip› and ‹ip›'],
    ['peer fe80::1%eth0 and ::ffff:10.1.2.3', 'peer ‹ip› and ‹ip›'],
    ['Authorization: Bearer abc.def.ghi123 sent', 'Authorization: ‹token› sent'],
    ['authorization: Digest username="bob", response="66"', 'authorization: ‹token›'],
    ['Set-Cookie: a=b; Path=/', 'Set-Cookie: ‹token›'],
    ['GET /a?token=abcd&x=1&key=99zz HTTP/1.1', 'GET /a?token=‹token›&x=1&key=‹token› HTTP/1.1'],
    ['"password":"hunter2","ok":1', '"password":"‹token›","ok":1'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig refused', 'jwt ‹token› refused'],
  ])('%s', (text, clean) => expect(scrub(text)).toBe(clean))

  const international = fc.constantFrom(...getCountries()).chain((country: CountryCode) => {
    const number = getExampleNumber(country, examples)
    return fc.constantFrom(number?.number ?? '+4930123456', number?.formatInternational() ?? '+49 30 123456')
  })
  test('a number of any country, written internationally, wherever it stands', () => {
    const around = fc.constantFrom(' ', ': ', '="', ' <', ', ', '(', "'")
    fc.assert(
      fc.property(international, around, fc.constantFrom('', ' ', '"', '>', ', ok', '.'), (number, before, after) => {
        expect(scrub(`call${before}${number}${after}`)).not.toContain(number)
      }),
    )
  })
  test('an address of any person', () => {
    fc.assert(
      fc.property(fc.emailAddress({ size: '-1' }), (email) => {
        const part = email.split('@')[1] ?? ''
        // Local parts that nobody has outside of the standard, and domains without letters at the end, are not promised.
        fc.pre(/^[\w.+-]+@[a-z0-9.-]+\.[a-z]{2,}$/i.test(email))
        expect(scrub(`<${email}> wrote`)).not.toContain(part)
      }),
    )
  })
  test('an address of any machine', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4()), (ip) => {
        fc.pre(!/^127\.|^0\.0\.0\.0$|^255\.255\.255\.255$|^::1?$/.test(ip))
        expect(scrub(`peer ${ip} left`)).toBe('peer ‹ip› left')
      }),
    )
  })
})

describe('what names nobody stays', () => {
  test.each([
    'took 4930123456ns at 2026-11-21 19:20:22.123 1732217000123',
    '2026-11-21T19:20:22.123456Z call-17 answered',
    '21.11.2026 10:20:30 ok, 11/21/2026 too',
    'trace 0af7651916cd43dd8448eb211c80319c span 00f067aa0ba902b7',
    '550e8400-e29b-41d4-a716-446655440000',
    'ssrc=3735928559 sequence=12345678901 offset 1234567890',
    'bytes 1234567890 of 9876543210',
    'rtp ports 16384-32767, 5060, 5061',
    'at std::vector::push_back 12:34:56.789',
    'listening on 127.0.0.1:8080 and 0.0.0.0:4650 and [::1]:80',
    'mac 00:1b:44:11:3a:b7',
    'Basic authentication failed, bearer expired, sip: registration failed, token: expired',
    'SIP/2.0 486 Busy Here (Q.850;cause=17)',
    'call-1234567890 and session_4930123456 and id=4930123456',
    'semver 1.2.3, node v26.10.0, [1 2 3 4 5 6 7 8 9]',
    '0.123456789 -1234567.5 1,234,567,890',
    'Bar@1a2b3c, @decorator, a @ b',
  ])('%s', (text) => expect(scrub(text)).toBe(text))

  test('times, durations, ports and ids of any value', () => {
    const harmless = fc.oneof(
      fc
        .date({ min: new Date('2015-01-01'), max: new Date('2032-01-01'), noInvalidDate: true })
        .map((at) => at.toISOString()),
      fc
        .date({ min: new Date('2015-01-01'), max: new Date('2032-01-01'), noInvalidDate: true })
        .map((at) => String(at.getTime())),
      fc.uuid(),
      fc.integer({ min: 0, max: 999_999 }).map(String),
      fc.nat().map((ms) => `${ms}ms`),
      fc.nat().map((id) => `call-${id}`),
      fc.nat().map((id) => `ssrc=${id}`),
    )
    fc.assert(
      fc.property(fc.array(harmless, { maxLength: 6 }), (words) => {
        const text = `leg ${words.join(', ')} up`
        expect(scrub(text)).toBe(text)
      }),
    )
  })

  test('lines of real systems, but for their addresses', () => {
    const fixtures = join(import.meta.dirname, '../../tests/fixtures/jitsi-rtcstats-server/dumps')
    const lines = readFileSync(join(fixtures, 'jigasi-sample.jsonl'), 'utf8').split('\n').slice(0, 2_000)
    const numbers = lines.flatMap(
      (line) => scrub(line, (mark, found) => (mark === 'number' ? '‹number›' : found)).match(/‹number›/g) ?? [],
    )
    expect(numbers).toEqual([])
  })
})

test('what is scrubbed stays as it is when it is scrubbed again', () => {
  const piece = fc.constantFrom(
    ...[
      '+49 30 1234567',
      'sip:a@b.c',
      '<sip:x@y>',
      '"N" ',
      'a@b.example',
      '10.1.2.3',
      '2001:db8::1',
      'Bearer abcdefgh1',
      'token=',
      'password: ',
      ' ',
      ',',
      '‹number›',
    ],
    ...[
      'Cookie: ',
      'From: ',
      '(',
      ')',
      '0301234567',
      '415-555-0100',
      '-',
      '.',
      ':',
      '/',
      '"',
      '+',
      '1',
      'eyJhbGci',
      '.eyJz',
      '@',
      '%40',
      '?key=',
      'x',
    ],
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      (text) => {
        const once = scrub(text)
        expect(scrub(once)).toBe(once)
      },
    ),
    { numRuns: 3_000 },
  )
})

test.each([
  ...[
    '1 ',
    '12 ',
    '(1',
    'a@',
    'a.',
    '1.',
    ':',
    'f:',
    '+',
    'token=',
    'sip:',
    '<sip:',
    'From: ',
    'eyJ',
    'bearer ',
    '1',
    '01 ',
    'a-',
    '00 1',
    '"',
    'cookie:',
    '::1 ',
    '%40',
  ],
])('a long text of %j takes time in proportion to its length', (piece) => {
  const timeOf = (length: number) => {
    const text = piece.repeat(length / piece.length)
    const before = process.threadCpuUsage()
    scrub(text)
    return process.threadCpuUsage(before).user
  }
  timeOf(1_000)
  // A tenth of a second for each 8 KiB is fifty times what it takes; anything quadratic takes minutes.
  expect(timeOf(65_536)).toBeLessThan(1_000_000)
})
