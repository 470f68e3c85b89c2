import { z } from 'zod'
import { codecRows } from './codec-rows.ts'

/** Share in hundredths of a percent: 200 is 2 %. Thresholds are whole numbers, so that comparisons are exact. */
const basisPoints = z.int().min(1).max(10_000)
const tenthMs = z.int().min(1).max(864_000_000)
const milliseconds = z.int().min(1).max(86_400_000)
const hundredths = z.int().min(100).max(450)

const risingLimits = (limit: z.ZodInt) =>
  z
    .strictObject({ degraded: limit, poor: limit })
    .refine(({ degraded, poor }) => degraded <= poor, 'degraded must be reached no later than poor')
const mosLimits = z
  .strictObject({ degraded: hundredths, poor: hundredths })
  .refine(({ degraded, poor }) => degraded >= poor, 'degraded must be reached no later than poor')

/**
 * Thresholds by which intervals, streams and calls are judged. Rates, delays: degraded or poor at the limit or above;
 * MOS: below it. A measure without limits is never judged. A profile is never changed once used, it gets a new version.
 */
export const qualityProfile = z.strictObject({
  version: z.string().min(1).max(100),
  /** Loss after the jitter buffer (lost + discarded) of the packets expected. */
  lossBasisPoints: risingLimits(basisPoints).optional(),
  /** Interarrival jitter, RFC 3550. */
  jitterTenthMs: risingLimits(tenthMs).optional(),
  roundTripTenthMs: risingLimits(tenthMs).optional(),
  /** Concealed samples that were not silent, of the samples played. */
  concealmentBasisPoints: risingLimits(basisPoints).optional(),
  /** Grounded MOS only, each band on its own scale. */
  mosHundredths: z.strictObject({ N: mosLimits.optional(), W: mosLimits.optional(), F: mosLimits.optional() }),
  /** A stream is bad when this share of its measured time is, or one stretch lasts this long. */
  badShareBasisPoints: basisPoints,
  badStretchMs: milliseconds,
  /** Evidence without which a good class is not given: on at least one stream per direction that exists. */
  minimumPackets: z.int().min(1).max(1_000_000),
  minimumMediaMs: milliseconds,
  /** One direction carries media for this long while the other carries none. */
  oneWayMs: milliseconds,
  /** No media at all in a direction this long after the answer. */
  noMediaMs: milliseconds,
  /** First media later than this after the answer; poor only when later still (not at the limit). */
  lateMediaMs: risingLimits(milliseconds),
  /** A call that ends within this time of a poor stretch of at least that length probably ended because of it. */
  endedAfterPoor: z.strictObject({ withinMs: milliseconds, stretchMs: milliseconds }),
  /** A stretch of poor loss of at least this length is a burst worth naming, unless loss fills most of the stream. */
  lossBurstMs: milliseconds,
  /** Values for codec rows that have no official ones (Opus, G.722 ...), or an operator's better ones. */
  codecs: z
    .array(
      z.strictObject({
        row: z.enum(codecRows.map(({ key }) => key)),
        ie: z.number().min(0).max(132),
        bpl: z.number().min(0.1).max(100).optional(),
      }),
    )
    .default([]),
})
export type QualityProfile = Readonly<z.infer<typeof qualityProfile>>
export type Limits = QualityProfile['lateMediaMs']

/** Loss at which speech begins to suffer, and does. Also what "lost nothing" means to a profile that never judges loss. */
export const usualLossLimits: Limits = { degraded: 200, poor: 500 }

/** The default, version 1. Chosen among the limits that vendors publish; each is one of theirs (docs/quality-model.md, section 4). */
export const defaultProfile: QualityProfile = qualityProfile.parse({
  version: 'default-1',
  lossBasisPoints: usualLossLimits,
  jitterTenthMs: { degraded: 300, poor: 500 },
  roundTripTenthMs: { degraded: 3_000, poor: 5_000 },
  concealmentBasisPoints: { degraded: 300, poor: 700 },
  mosHundredths: {
    // ITU-T G.109: below 3.6 (R 70) many users are dissatisfied, below 3.1 (R 60) nearly all are.
    N: { degraded: 360, poor: 310 },
    W: { degraded: 380, poor: 330 },
    F: { degraded: 380, poor: 330 },
  },
  badShareBasisPoints: 1_000,
  badStretchMs: 10_000,
  minimumPackets: 500,
  minimumMediaMs: 10_000,
  oneWayMs: 5_000,
  noMediaMs: 5_000,
  lateMediaMs: { degraded: 1_000, poor: 2_000 },
  // 5 s: one interval of the longest common reporting period; a single bad second ends no call.
  endedAfterPoor: { withinMs: 10_000, stretchMs: 5_000 },
  // Two seconds of words missing are noticed, whatever the mean of the call says.
  lossBurstMs: 2_000,
})

export const defaultProfileVersion = defaultProfile.version
