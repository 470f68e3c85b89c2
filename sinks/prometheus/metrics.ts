import type { Registry } from 'prom-client'

/** One metric, whole: nobody else keeps a copy of its name, unit, help, labels or buckets. */
export interface MetricLiteral {
  readonly name: string
  /** Unit of the value; the name's suffix for all but counts and ratings. */
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'mos' | 'count' | 'info'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

// Thresholds of the default profile are edges (3.1, 3.6; wide and full band 3.3, 3.8), so that shares below them are exact.
const mosBuckets = [1.5, 2, 2.5, 2.8, 3.1, 3.3, 3.6, 3.8, 4, 4.2, 4.4]
// 30 and 50 ms are the default profile's limits; 5, 10, 40 and 100 ms are other vendors'.
const jitterBuckets = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5]
// 300 and 500 ms are the default profile's limits, 400 ms Twilio's; beyond 2 s nobody is talking any more.
const roundTripBuckets = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2]
// 2 % and 5 % are the default profile's limits; below 0.1 % nobody hears it.
const lossBuckets = [0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5]
// Post-dial delay: ITU-T E.721 aims at 3 s local, 5 s toll, 8 s international; people hang up before a minute is over.
const setupBuckets = [0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 60]
const byCall = ['tenant', 'class'] as const
const byPath = ['carrier', 'region', 'codec', 'direction'] as const

const mosHelp = 'MOS estimated for one audio interval; label mos names kind and band (ITU-T P.800.1), never to be mixed'
const jitterHelp = 'Interarrival jitter of one audio interval (RFC 3550), seconds'
const roundTripHelp = 'Round trip measured in one audio interval, seconds'
const lossHelp = 'Packets lost or discarded by the jitter buffer, of those expected in one audio interval'

/** Live call quality, one observation per scored interval of a stream. May count twice on a replay: rates and alerts only. */
export const callMetrics = {
  mos: { name: 'callscope_call_mos', unit: 'mos', help: mosHelp, labels: [...byCall, 'mos'], buckets: mosBuckets },
  jitter: {
    name: 'callscope_call_jitter_seconds',
    unit: 'seconds',
    help: jitterHelp,
    labels: byCall,
    buckets: jitterBuckets,
  },
  roundTrip: {
    name: 'callscope_call_round_trip_seconds',
    unit: 'seconds',
    help: roundTripHelp,
    labels: byCall,
    buckets: roundTripBuckets,
  },
  loss: {
    name: 'callscope_call_packet_loss_ratio',
    unit: 'ratio',
    help: lossHelp,
    labels: byCall,
    buckets: lossBuckets,
  },
  pathMos: { name: 'callscope_path_mos', unit: 'mos', help: mosHelp, labels: [...byPath, 'mos'], buckets: mosBuckets },
  pathJitter: {
    name: 'callscope_path_jitter_seconds',
    unit: 'seconds',
    help: jitterHelp,
    labels: byPath,
    buckets: jitterBuckets,
  },
  pathRoundTrip: {
    name: 'callscope_path_round_trip_seconds',
    unit: 'seconds',
    help: roundTripHelp,
    labels: byPath,
    buckets: roundTripBuckets,
  },
  pathLoss: {
    name: 'callscope_path_packet_loss_ratio',
    unit: 'ratio',
    help: lossHelp,
    labels: byPath,
    buckets: lossBuckets,
  },
  calls: {
    name: 'callscope_calls_total',
    unit: 'count',
    help: 'Calls that ended within the last day, by the class they settled with; each once while the process runs',
    labels: byCall,
  },
  setup: {
    name: 'callscope_call_setup_seconds',
    unit: 'seconds',
    help: 'From the start of a call to its first ringing or answer, seconds',
    labels: ['tenant'],
    buckets: setupBuckets,
  },
  active: {
    name: 'callscope_calls_active',
    unit: 'count',
    help: 'Calls whose record is open: begun, however long ago, and neither ended nor silent for too long',
    labels: ['tenant'],
  },
} as const satisfies Readonly<Record<string, MetricLiteral>>

/** What prom-client wants to know of a counter or gauge. */
export const plainConfig = ({ name, help, labels }: MetricLiteral, registry: Registry) => ({
  name,
  help,
  labelNames: labels,
  registers: [registry],
})
