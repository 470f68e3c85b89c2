import { describe, expect, test } from 'vitest'
import { worstOf } from './interval-thresholds.ts'
import { qualityProfile } from './profile.ts'
import { createIntervalScorer, type MeasuredInterval } from './score-interval.ts'
import { vendorProfiles } from './vendor-profiles.ts'

const profileOf = (version: string) => {
  const found = vendorProfiles.find(({ profile }) => profile.version === version)
  if (found === undefined) throw new Error(`no profile ${version}`)
  return found.profile
}
const judge = (version: string, measured: Partial<MeasuredInterval>) =>
  worstOf(
    createIntervalScorer(profileOf(version))({
      ...{ kind: 'audio', codec: 'opus', early: false, packetsReceived: 1_000, packetsLost: 0 },
      ...measured,
    }).mask,
  )

describe("vendors' published limits", () => {
  test.each(vendorProfiles)('of $vendor are a valid profile with a source', ({ profile, source }) => {
    expect(qualityProfile.parse(profile)).toEqual(profile)
    expect(source).toMatch(/^https:\/\//)
  })

  test('have versions of their own', () => {
    expect(new Set(vendorProfiles.map(({ profile }) => profile.version)).size).toBe(vendorProfiles.length)
  })

  test('Teams calls 10 % of loss no worse than good, and more poor', () => {
    expect(judge('teams-cqd-1', { packetsReceived: 900, packetsLost: 100 })).toBe(0)
    expect(judge('teams-cqd-1', { packetsReceived: 899, packetsLost: 101 })).toBe(2)
  })

  test('a measure that a vendor does not judge makes nothing bad', () => {
    const concealed = { concealedSamples: 5_000, samplesReceived: 10_000 }
    expect(judge('teams-cqd-1', concealed)).toBe(0)
    expect(judge('observertc-1', concealed)).toBe(2)
    expect(judge('observertc-1', { jitterTenthMs: 900 })).toBe(0)
    expect(judge('plivo-1', { jitterTenthMs: 101 })).toBe(1)
    expect(judge('plivo-1', { codec: 'G.726-16' })).toBe(0)
    expect(judge('twilio-sdk-1', { codec: 'G.726-16' })).toBe(2)
  })
})
