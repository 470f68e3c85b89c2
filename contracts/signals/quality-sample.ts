import { z } from 'zod'
import {
  cloudEventContext,
  counter,
  directions,
  id,
  knownIds,
  mediaKinds,
  milliseconds,
  name,
  observer,
} from './common.ts'

/** A MOS somebody else computed, 1.00 to 5.00. Stored and shown as `reported`; never mixed with ours. */
const reportedMos = z.number().min(1).max(5)

/**
 * What one observer measured on one stream, up to the CloudEvent's `time` (the end of the interval).
 * Fields follow W3C webrtc-stats and RFC 3611; every duration is in milliseconds and says so.
 */
export const qualitySampleData = z.strictObject({
  ...knownIds,
  observer,
  kind: z.enum(mediaKinds).default('audio'),
  direction: z.enum(directions),
  stream_id: id
    .optional()
    .describe(
      'Tells streams of one leg, kind and direction apart (mid, track or SSRC); leave it out where there is one.',
    ),
  scope: z
    .enum(['interval', 'cumulative', 'call'])
    .default('interval')
    .describe(
      "`interval`: values of this interval alone. `cumulative`: counters since the stream's epoch began (getStats, RTCP); differenced later. `call`: one report for the whole call, used only where nothing finer exists.",
    ),
  interval_ms: z
    .int()
    .min(1)
    .max(86_400_000)
    .optional()
    .describe('Length of the interval that ends at `time`. Required unless cumulative.'),
  sequence: counter.optional().describe("Producer's running number, so that two samples with one `time` stay two."),
  ssrc: z
    .int()
    .min(0)
    .max(0xffffffff)
    .optional()
    .describe('RTP synchronization source of the stream; with `start_id` the epoch of cumulative counters.'),
  start_id: id.optional().describe("Changes when the producer's counters start again (restart, new PeerConnection)."),
  codec: name.optional(),
  packets_received: counter.optional(),
  packets_sent: counter.optional(),
  packets_lost: z
    .int()
    .optional()
    .describe(
      "Signed: RTCP's cumulative number of packets lost (RFC 3550 clause 6.4.1) may be negative when packets are duplicated.",
    ),
  packets_discarded: counter
    .optional()
    .describe(
      'Arrived, but too late or too early for the jitter buffer (webrtc-stats packetsDiscarded). Part of packets_received.',
    ),
  packets_duplicated: counter.optional(),
  bytes_received: counter.optional(),
  jitter_ms: milliseconds.optional().describe('RFC 3550 clause 6.4.1 interarrival jitter.'),
  round_trip_ms: milliseconds.optional(),
  one_way_delay_ms: milliseconds.optional(),
  jitter_buffer_delay_ms: milliseconds
    .optional()
    .describe(
      'Mean time that media waited in the jitter buffer during the interval. For cumulative scope: see the next two.',
    ),
  jitter_buffer_delay_total_ms: z
    .number()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('webrtc-stats jitterBufferDelay, total, and jitterBufferEmittedCount: cumulative scope only.'),
  jitter_buffer_emitted: counter.optional(),
  concealed_samples: counter.optional(),
  silent_concealed_samples: counter.optional(),
  samples_received: counter.optional(),
  burst_ratio: z
    .number()
    .min(0.01)
    .max(100)
    .optional()
    .describe(
      'G.107 BurstR: mean observed loss-burst length over that expected of independent losses. 1 where unknown.',
    ),
  mos_listening: reportedMos.optional(),
  mos_conversational: reportedMos.optional(),
  frames_decoded: counter.optional(),
  frames_dropped: counter.optional(),
  freeze_count: counter.optional(),
  freezes_ms: milliseconds.optional(),
  frame_width: z.int().min(0).max(65_535).optional(),
  frame_height: z.int().min(0).max(65_535).optional(),
  limitation: z
    .enum(['none', 'cpu', 'bandwidth', 'other'])
    .optional()
    .describe('What limits the sender (webrtc-stats qualityLimitationReason).'),
  muted: z
    .boolean()
    .optional()
    .describe('The source was muted (or silent by suppression) for the interval: silence is then no fault.'),
})

/** A measurement: a CloudEvent on `quality-samples`. */
export const qualitySample = z.looseObject({
  ...cloudEventContext,
  type: z.literal('quality.sample'),
  correlationid: id,
  data: qualitySampleData,
})
export type QualitySample = z.infer<typeof qualitySample>
