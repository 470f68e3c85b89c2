import { defaultProfile, type Limits, type QualityProfile, qualityProfile } from './profile.ts'

/** Limits that a vendor publishes, as a profile, and where they are published. */
export interface VendorProfile {
  readonly vendor: string
  readonly source: string
  readonly profile: QualityProfile
}

type PublishedLimits = Partial<
  Pick<
    QualityProfile,
    | 'lossBasisPoints'
    | 'jitterTenthMs'
    | 'roundTripTenthMs'
    | 'concealmentBasisPoints'
    | 'mosHundredths'
    | 'minimumPackets'
  >
>

/** Where a vendor has one limit, what is beyond it is poor, and nothing is merely degraded. */
const only = (limit: number): Limits => ({ degraded: limit, poor: limit })

/**
 * A profile in which only what the vendor publishes judges a measure. Shares of time, stretches and findings are those of
 * the default: vendors judge means or a few live samples, which this cannot imitate.
 */
function published(version: string, limits: PublishedLimits): QualityProfile {
  const { lossBasisPoints, jitterTenthMs, roundTripTenthMs, concealmentBasisPoints, ...rest } = defaultProfile
  return qualityProfile.parse({ ...rest, mosHundredths: {}, ...limits, version })
}

/**
 * Limits by which other systems judge, to compare with them or to go on as before. Ours are reached at the limit, theirs
 * mostly beyond it: "> 30 ms" is a tenth of a millisecond more, "> 1 %" a hundredth of a percent. Network loss alone is
 * what most of them mean; ours includes what the jitter buffer discarded.
 */
export const vendorProfiles: readonly VendorProfile[] = [
  {
    vendor: 'Microsoft Teams, Call Quality Dashboard',
    source: 'https://learn.microsoft.com/en-us/microsoftteams/stream-classification-in-call-quality-dashboard',
    profile: published('teams-cqd-1', {
      lossBasisPoints: only(1_001),
      jitterTenthMs: only(301),
      roundTripTenthMs: only(5_001),
      minimumPackets: 501,
    }),
  },
  {
    vendor: 'Twilio, Voice SDK warnings',
    source: 'https://www.twilio.com/docs/voice/insights/call-quality-events-twilio-client-sdk',
    profile: published('twilio-sdk-1', {
      lossBasisPoints: only(101),
      jitterTenthMs: only(301),
      roundTripTenthMs: only(4_001),
      // Its own formula, on the narrowband scale; other scales have no published limit.
      mosHundredths: { N: only(300) },
    }),
  },
  {
    vendor: 'Plivo, Call Insights',
    source: 'https://www.plivo.com/docs/voice/call-insights/',
    profile: published('plivo-1', {
      lossBasisPoints: { degraded: 50, poor: 90 },
      jitterTenthMs: { degraded: 101, poor: 300 },
      roundTripTenthMs: { degraded: 2_000, poor: 3_001 },
    }),
  },
  {
    vendor: '8x8 / Unify',
    source: 'https://docs.8x8.com/8x8WebHelp/8x8-network-utility/2-3/terms.htm',
    profile: published('8x8-1', {
      lossBasisPoints: only(501),
      jitterTenthMs: { degraded: 401, poor: 501 },
      // Published as 150 ms one way, 300 ms there and back.
      roundTripTenthMs: only(3_001),
    }),
  },
  {
    vendor: 'ObserveRTC, client monitor',
    source: 'https://github.com/ObserveRTC/client-monitor-js',
    profile: published('observertc-1', {
      lossBasisPoints: { degraded: 101, poor: 501 },
      roundTripTenthMs: { degraded: 1_501, poor: 3_001 },
      concealmentBasisPoints: only(300),
    }),
  },
]
