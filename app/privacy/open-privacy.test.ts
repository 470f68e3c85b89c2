import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { privacyConfig } from '#pipelines/privacy/config.ts'
import { settingsFrom } from './open-privacy.ts'

const nowMs = Date.UTC(2026, 10, 21)

test('a hash without a key that holds now is refused at start, without a word of any secret', () => {
  const hashed = (keys: object[]) => () =>
    settingsFrom({ privacy: privacyConfig.parse({ default: { parties: 'hmac' }, keys }) }, () => nowMs)
  expect(hashed([])).toThrow(/privacy\.default\.parties: "hmac" needs a key/)
  expect(hashed([{ id: 'k', validFrom: new Date(nowMs + 1).toISOString(), secret: 'x'.repeat(32) }])).toThrow(
    /valid now/,
  )
  expect(hashed([{ id: 'k', validFrom: '2020-01-01T00:00:00Z', secret: 'too-short' }])).toThrow(
    /at least 32(?!.*too-short)/,
  )
  expect(hashed([{ id: 'k', validFrom: '2020-01-01T00:00:00Z', secretFile: '/nowhere' }])).toThrow(
    /secretFile: cannot be read/,
  )
})

test('a secret is read from its file, without the line end', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'callscope-key-')), 'key')
  writeFileSync(file, `${'s'.repeat(32)}\n`)
  const privacy = privacyConfig.parse({ keys: [{ id: 'k', validFrom: '2020-01-01T00:00:00Z', secretFile: file }] })
  expect(settingsFrom({ privacy }, () => nowMs).keyAt(nowMs)?.secret).toBe('s'.repeat(32))
})
