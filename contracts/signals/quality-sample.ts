import { z } from 'zod'
import { cloudEventContext, counter, directions, id, knownIds, mediaKinds, milliseconds, name, observer } from './common.ts'

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
  /** Tells streams of one leg, kind and direction apart (mid, track or SSRC); leave it out where there is one. */
  stream_id: id.optional(),
  /**
   * `interval`: values of this interval alone. `cumulative`: counters since the stream's epoch began (getStats, RTCP);
   * differenced later. `call`: one report for the whole call, used only where nothing finer exists.
   */
  scope: z.enum(['interval', 'cumulative', 'call']).default('interval'),
  /** Length of the interval that ends at `time`. Required unless cumulative. */
  interval_ms: z.int().min(1).max(86_400_000).optional(),
  /** Producer's running number, so that two samples with one `time` stay two. */
  sequence: counter.optional(),
  /** RTP synchronization source of the stream; with `start_id` the epoch of cumulative counters. */
  ssrc: z.int().min(0).max(0xffffffff).optional(),
  /** Changes when the producer's counters start again (restart, new PeerConnection). */
  start_id: id.optional(),
  codec: name.optional(),
  packets_received: counter.optional(),
  packets_sent: counter.optional(),
  /** Signed: RTCP's cumulative number of packets lost (RFC 3550 clause 6.4.1) may be negative when packets are duplicated. */
  packets_lost: z.int().optional(),
  /** Arrived, but too late or too early for the jitter buffer (webrtc-stats packetsDiscarded). Part of packets_received. */
  packets_discarded: counter.optional(),
  packets_duplicated: counter.optional(),
  bytes_received: counter.optional(),
  /** RFC 3550 clause 6.4.1 interarrival jitter. */
  jitter_ms: milliseconds.optional(),
  round_trip_ms: milliseconds.optional(),
  one_way_delay_ms: milliseconds.optional(),
  /** Mean time that media waited in the jitter buffer during the interval. For cumulative scope: see the next two. */
  jitter_buffer_delay_ms: milliseconds.optional(),
  /** webrtc-stats jitterBufferDelay, total, and jitterBufferEmittedCount: cumulative scope only. */
  jitter_buffer_delay_total_ms: z.number().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  jitter_buffer_emitted: counter.optional(),
  concealed_samples: counter.optional(),
  silent_concealed_samples: counter.optional(),
  samples_received: counter.optional(),
  /** G.107 BurstR: mean observed loss-burst length over that expected of independent losses. 1 where unknown. */
  burst_ratio: z.number().min(0.01).max(100).optional(),
  mos_listening: reportedMos.optional(),
  mos_conversational: reportedMos.optional(),
  frames_decoded: counter.optional(),
  frames_dropped: counter.optional(),
  freeze_count: counter.optional(),
  freezes_ms: milliseconds.optional(),
  frame_width: z.int().min(0).max(65_535).optional(),
  frame_height: z.int().min(0).max(65_535).optional(),
  /** What limits the sender (webrtc-stats qualityLimitationReason). */
  limitation: z.enum(['none', 'cpu', 'bandwidth', 'other']).optional(),
  /** The source was muted (or silent by suppression) for the interval: silence is then no fault. */
  muted: z.boolean().optional(),
})

/** A measurement: a CloudEvent on `quality-samples`. */
export const qualitySample = z.looseObject({
  ...cloudEventContext,
  type: z.literal('quality.sample'),
  correlationid: id,
  data: qualitySampleData,
})
export type QualitySample = z.infer<typeof qualitySample>
