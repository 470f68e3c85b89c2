import { expect, test } from 'vitest'
import { defaultProfile } from './profile.ts'
import { profileAt } from './profile-history.ts'

const lenient = { ...defaultProfile, version: 'lenient' }
const strict = { ...defaultProfile, version: 'strict' }
const history = [
  { validFromMs: 1_000, profile: lenient },
  { validFromMs: 2_000, profile: strict },
]

test('before its first profile a tenant is judged by the default; then each holds until the next begins', () => {
  const versions = [0, 999, 1_000, 1_999, 2_000, 9_999].map((atMs) => profileAt(history, atMs).version)
  expect(versions).toEqual(['default-1', 'default-1', 'lenient', 'lenient', 'strict', 'strict'])
  expect(profileAt([...history].reverse(), 1_500)).toBe(lenient)
  expect(profileAt([], 1_500)).toBe(defaultProfile)
})
