import { isStat, type RtcStat } from '../getstats/rtc-stats.ts'
import type { DeltaFormat } from './delta-report.ts'

/*
 * Numbers that rtcstats dumps (file format 3) write in place of names: methods, stats types, and those stats properties
 * that are read here. The numbers are part of the file format and never reassigned. Source: rtcstats-shared of
 * https://github.com/rtcstats/rtcstats, MIT.
 */

const methods: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['g', 'getStats'],
  [1, 'getStats'],
  [12, 'createOfferOnFailure'],
  [13, 'createAnswerOnFailure'],
  [14, 'setLocalDescriptionOnFailure'],
  [15, 'setRemoteDescriptionOnFailure'],
  [16, 'addIceCandidateOnFailure'],
  [24, 'oniceconnectionstatechange'],
  [25, 'onconnectionstatechange'],
  [36, 'close'],
  [39, 'create'],
  [40, 'constraints'],
  [62, 'navigator.mediaDevices.getUserMediaOnFailure'],
  [65, 'navigator.mediaDevices.getDisplayMediaOnFailure'],
])

/** The method's name; numbers of methods that are not read here stay as they are. */
export const methodName = (method: unknown): string =>
  methods.get(method) ?? (typeof method === 'string' ? method : `#${String(method)}`)

const types: ReadonlyMap<unknown, string> = new Map(
  [
    'inbound-rtp',
    'outbound-rtp',
    'remote-inbound-rtp',
    'remote-outbound-rtp',
    'transport',
    'candidate-pair',
    'local-candidate',
    'remote-candidate',
    'data-channel',
    'peer-connection',
    'certificate',
    'media-source',
    'media-playout',
    'codec',
  ].map((type, index): [unknown, string] => [index + 1, type]),
)

const properties: Readonly<Record<string, string>> = {
  t: 'timestamp',
  5: 'transportId',
  6: 'mimeType',
  7: 'clockRate',
  10: 'ssrc',
  11: 'kind',
  12: 'codecId',
  14: 'packetsReceived',
  15: 'packetsLost',
  16: 'jitter',
  17: 'trackIdentifier',
  18: 'mid',
  19: 'remoteId',
  20: 'framesDecoded',
  22: 'framesDropped',
  23: 'frameWidth',
  24: 'frameHeight',
  32: 'freezeCount',
  33: 'totalFreezesDuration',
  36: 'packetsDiscarded',
  41: 'bytesReceived',
  47: 'jitterBufferDelay',
  49: 'jitterBufferEmittedCount',
  51: 'totalSamplesReceived',
  52: 'concealedSamples',
  53: 'silentConcealedSamples',
  74: 'localId',
  75: 'roundTripTime',
  79: 'packetsSent',
  82: 'rid',
  95: 'qualityLimitationReason',
  125: 'selectedCandidatePairId',
  150: 'nominated',
  152: 'currentRoundTripTime',
}

/** A stat with the names of webrtc-stats. */
export function renamed(stat: RtcStat): RtcStat {
  const named: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(stat)) {
    named[properties[key] ?? key] = key === 'type' ? (types.get(value) ?? value) : value
  }
  return named
}

/** rtcstats: a stat without a time has the report's; one that is left out is unchanged, one that is gone is null. */
export const rtcstatsDelta: DeltaFormat = {
  newestKey: 't',
  keepsSilent: true,
  rename: (stat) => (isStat(stat) ? renamed(stat) : stat),
  timeOf: ({ timestamp }, { newest, before }) => timestamp ?? newest ?? before,
}
