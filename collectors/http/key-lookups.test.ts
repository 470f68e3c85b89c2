import { expect, test, vi } from 'vitest'
import type { KnownKey } from '#contracts/registry.ts'
import { createKeyLookups, defaultKeyPace } from './key-lookups.ts'

const peer = '203.0.113.9'

let holdBackMs = 0

/** A registry of keys, and how often it was asked. */
function aRegistry(...hashes: string[]) {
  const keys = new Map<string, KnownKey>()
  const add = (hash: string, revokedMs?: number) =>
    keys.set(hash, { ...{ id: `key_${hash}`, tenant: 'acme', role: 'reader', expiresMs: undefined }, revokedMs })
  for (const hash of hashes) add(hash)
  const asked: string[] = []
  let lists = 0
  let nowMs = 1_000_000
  const lookups = createKeyLookups({
    findKey: async (hash) => {
      asked.push(hash)
      return keys.get(hash)
    },
    hashes: async () => {
      lists += 1
      return [...keys].filter(([, { revokedMs }]) => revokedMs === undefined).map(([hash]) => hash)
    },
    clock: () => nowMs,
    pace: { ...defaultKeyPace, holdBackMs },
  })
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { add, asked, lookups, pass, lists: () => lists }
}

const strangers = (count: number, name = 'x') => Array.from({ length: count }, (_, at) => `${name}${at}`)

test('a key is asked for once, and believed for as long as the pace says', async () => {
  const { asked, lookups, pass } = aRegistry('a')
  for (let n = 0; n < 100; n++) expect(await lookups.find('a', peer)).toMatchObject({ type: 'known' })
  expect(asked).toEqual(['a'])
  pass(defaultKeyPace.believedMs)
  await lookups.find('a', peer)
  expect(asked).toEqual(['a', 'a'])
})

test('a key revoked elsewhere is found so within that time, also after the clock went back a day', async () => {
  const { add, lookups, pass } = aRegistry('a')
  await lookups.find('a', peer)
  add('a', 5)
  pass(-86_400_000)
  expect(await lookups.find('a', peer)).toMatchObject({ key: { revokedMs: 5 } })
})

test('who asks together is answered by one look-up', async () => {
  const { asked, lookups } = aRegistry()
  const found = await Promise.all(Array.from({ length: 10 }, () => lookups.find('nothing', peer)))
  expect(new Set(found.map(({ type }) => type))).toEqual(new Set(['unknown']))
  expect(asked).toEqual(['nothing'])
})

test('one unknown key again and again costs the registry one look-up, and its sender is told to come later', async () => {
  const { asked, lookups, pass } = aRegistry()
  const answers: string[] = []
  for (let n = 0; n < 30; n++) answers.push((await lookups.find('x', peer)).type)
  expect(asked).toEqual(['x'])
  expect(answers.filter((type) => type === 'unknown')).toHaveLength(defaultKeyPace.perPeer.burst)
  expect(answers.at(-1)).toBe('limited')
  expect(await lookups.find('x', peer)).toEqual({ type: 'limited', retryAfterSeconds: 1 })
  pass(1_000)
  expect(await lookups.find('x', peer)).toMatchObject({ type: 'unknown' })
})

test('however many peers show however many unknown keys, look-ups keep to their rate', async () => {
  const { asked, lookups, pass } = aRegistry()
  const { burst, perSecond } = defaultKeyPace.lookups
  for (let second = 0; second < 10; second++) {
    for (const hash of strangers(500, `s${second}-`)) await lookups.find(hash, `198.51.100.${hash.length}-${hash}`)
    pass(1_000)
  }
  expect(asked.length).toBeLessThanOrEqual(burst + 10 * perSecond)
  expect(asked.length).toBeGreaterThan(burst)
})

test('good keys are let through while strangers are too many: those known, and those never seen here', async () => {
  const { asked, lookups, pass, lists } = aRegistry('seen', 'never seen')
  await lookups.find('seen', peer)
  for (let round = 0; round < 4; round++) {
    for (const hash of strangers(100, `r${round}-`)) await lookups.find(hash, peer)
    pass(defaultKeyPace.believedMs)
    for (const hash of strangers(100, `q${round}-`)) await lookups.find(hash, peer)
    expect(await lookups.find('seen', peer)).toMatchObject({ type: 'known' })
    expect(await lookups.find('never seen', peer)).toMatchObject({ type: 'known' })
  }
  expect(asked).toContain('never seen')
  expect(lists()).toBeLessThanOrEqual(8)
})

test('a key made elsewhere works as soon as its hash is no longer taken for unknown', async () => {
  const { add, lookups, pass } = aRegistry()
  expect(await lookups.find('soon', peer)).toMatchObject({ type: 'unknown' })
  add('soon')
  expect(await lookups.find('soon', peer)).toMatchObject({ type: 'unknown' })
  pass(defaultKeyPace.unknownMs)
  expect(await lookups.find('soon', peer)).toMatchObject({ type: 'known' })
})

test('a key made here works at once, and what was asked before is not believed', async () => {
  const { add, lookups } = aRegistry()
  const before = lookups.find('new', peer)
  add('new')
  lookups.forget()
  await before
  expect(await lookups.find('new', peer)).toMatchObject({ type: 'known' })
})

test('an IPv6 network is one peer', async () => {
  const { lookups } = aRegistry()
  const found = []
  for (const [at, hash] of strangers(30).entries()) found.push(await lookups.find(hash, `2001:db8::${at.toString(16)}`))
  expect(found.some(({ type }) => type === 'limited')).toBe(true)
  expect(await lookups.find('y', '2001:db8:0:1::1')).toMatchObject({ type: 'unknown' })
})

test('where the registry does not answer, nothing is remembered', async () => {
  let away = true
  const key: KnownKey = { id: 'k', tenant: 'acme', role: 'reader', expiresMs: undefined, revokedMs: undefined }
  const lookups = createKeyLookups({
    findKey: async () => {
      if (away) throw new Error('away')
      return key
    },
    hashes: async () => [],
    clock: () => 0,
  })
  await expect(lookups.find('a', peer)).rejects.toThrow('away')
  away = false
  expect(await lookups.find('a', peer)).toEqual({ type: 'known', key })
})

test('who is told to come later waits for that answer; a good key meanwhile does not', async () => {
  vi.useFakeTimers()
  holdBackMs = defaultKeyPace.holdBackMs
  try {
    const { lookups } = aRegistry('good')
    await lookups.find('good', peer)
    const answered: string[] = []
    const asked = strangers(40).map(async (hash) => answered.push((await lookups.find(hash, peer)).type))
    await vi.advanceTimersByTimeAsync(holdBackMs - 1)
    expect(answered.filter((type) => type === 'limited')).toEqual([])
    expect(await lookups.find('good', peer)).toMatchObject({ type: 'known' })
    await vi.advanceTimersByTimeAsync(1)
    expect(answered.filter((type) => type === 'limited').length).toBeGreaterThan(10)
    await Promise.all(asked)
  } finally {
    holdBackMs = 0
    vi.useRealTimers()
  }
})
