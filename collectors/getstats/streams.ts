import type { Observer } from '#contracts/signals/common.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { beginningOf } from '#contracts/well-formed.ts'
import { counterOf, millisecondsOf, pixelsOf, type StatFault, signedOf, ssrcOf, textOf } from './measures.ts'
import { pathRoundTripMs } from './round-trip.ts'
import { isLegacyStat, type RtcReport, type RtcStat } from './rtc-stats.ts'

export type SampleData = QualitySample['data']

/** Whose report it is. */
export interface ReportView {
  readonly observer: Observer
  /** Names the life of the PeerConnection: with the SSRC the epoch of its counters. */
  readonly startId: string
  /** Put before stream ids, where one leg has several PeerConnections at a time. */
  readonly streamPrefix?: string
  /** End of the interval of stats that have no timestamp of their own, epoch milliseconds. */
  readonly timeMs?: number
  /** The microphone is muted: what is sent is silence on purpose. */
  readonly muted?: boolean
}

/** A sample without the ids of its call. `statId` tells it apart from others of the same report. */
export interface SampleDraft {
  readonly statId: string
  /** End of the interval: the stat's own timestamp, epoch milliseconds. */
  readonly timeMs: number
  readonly data: SampleData
}

export interface RefusedStat {
  readonly statId: string
  /** Names the field and its bound, never the value. */
  readonly detail: string
}

export interface ReportStreams {
  readonly drafts: readonly SampleDraft[]
  readonly refused: readonly RefusedStat[]
}

interface Context {
  readonly report: RtcReport
  readonly view: ReportView
  readonly fault: StatFault
}

/**
 * The RTP streams of one W3C getStats report as cumulative samples (webrtc-stats, RTCRtpStreamStats and its heirs):
 * `inbound-rtp` is what the party hears, `outbound-rtp` what it speaks, `remote-inbound-rtp` the far end's view of that.
 * `only` chooses stats; a stat with an impossible field is refused by itself.
 */
export function readStreams(
  report: RtcReport,
  view: ReportView,
  only?: (statId: string, stat: RtcStat) => boolean,
): ReportStreams {
  const drafts: SampleDraft[] = []
  const refused: RefusedStat[] = []
  for (const [statId, stat] of report) {
    const read = readers[kindOf(stat)]
    if (read === undefined || (only !== undefined && !only(statId, stat))) continue
    const fault: StatFault = { detail: undefined }
    const draft = readStream(statId, stat, { report, view, fault })
    if (fault.detail !== undefined) refused.push({ statId, detail: `${String(stat.type)} ${fault.detail}` })
    else if (draft !== undefined) drafts.push(draft)
  }
  return { drafts, refused }
}

type StreamKind = 'inbound' | 'outbound' | 'remote-inbound' | 'none'

/** Before 2019 Firefox gave the far end's reports the local types and `isRemote`. */
export function kindOf({ type, isRemote }: RtcStat): StreamKind {
  if (type === 'remote-inbound-rtp' || (type === 'inbound-rtp' && isRemote === true)) return 'remote-inbound'
  if (type === 'inbound-rtp') return 'inbound'
  return type === 'outbound-rtp' && isRemote !== true ? 'outbound' : 'none'
}

const readers: Readonly<Record<StreamKind, ((stat: RtcStat, context: Context) => Partial<SampleData>) | undefined>> = {
  inbound: readInbound,
  outbound: readOutbound,
  'remote-inbound': readRemoteInbound,
  none: undefined,
}

/** A browser's leg is its user's: what it receives is what the party hears. A server faces the party from the other side. */
const serverObservers: ReadonlySet<Observer> = new Set(['media_server', 'sbc', 'gateway'])

function readStream(statId: string, stat: RtcStat, context: Context): SampleDraft | undefined {
  const { report, view, fault } = context
  const streamKind = kindOf(stat)
  const local =
    streamKind === 'remote-inbound' ? (report.get(textOf(stat, 'localId') ?? '') ?? localOf(report, stat)) : stat
  const media = mediaKindOf(stat, local, report)
  if (isLegacyStat(stat) || media === undefined) return undefined
  const ssrc = ssrcOf(stat, fault)
  const timeMs = timeOf(stat, view, fault)
  const received = (streamKind === 'inbound') !== serverObservers.has(view.observer)
  const data: SampleData = {
    observer: streamKind === 'remote-inbound' ? 'remote' : view.observer,
    kind: media,
    direction: received ? 'receive' : 'send',
    scope: 'cumulative',
    stream_id: beginningOf(`${view.streamPrefix ?? ''}${streamIdOf(media, local ?? stat, ssrc)}`, 200),
    start_id: view.startId,
    ...defined({ ssrc, codec: codecOf(report, stat, local) }),
    ...readers[streamKind]?.(stat, context),
    ...(streamKind === 'outbound' && media === 'audio' && view.muted === true && { muted: true }),
  }
  return { statId, timeMs, data }
}

/** The outbound stream that a far end's report without `localId` is about. */
function localOf(report: RtcReport, { ssrc }: RtcStat): RtcStat | undefined {
  for (const stat of report.values()) {
    if (kindOf(stat) === 'outbound' && stat.ssrc === ssrc) return stat
  }
  return undefined
}

/**
 * Audio has one encoding per `mid`, and its SSRC may change under it; simulcast video has several per `mid`, so that only
 * the SSRC names one. Older browsers report no `mid`.
 */
function streamIdOf(media: string, stat: RtcStat, ssrc: number | undefined): string {
  const mid = media === 'audio' ? textOf(stat, 'mid') : undefined
  return mid ?? (ssrc === undefined ? media : String(ssrc))
}

function mediaKindOf(stat: RtcStat, local: RtcStat | undefined, report: RtcReport): 'audio' | 'video' | undefined {
  const stated = stat.kind ?? stat.mediaType ?? local?.kind ?? local?.mediaType
  const kind = stated ?? textOf(report.get(textOf(stat, 'codecId') ?? ''), 'mimeType')?.split('/')[0]
  return kind === 'audio' || kind === 'video' ? kind : undefined
}

function timeOf(stat: RtcStat, { timeMs }: ReportView, fault: StatFault): number {
  const own = stat.timestamp
  if (typeof own === 'number' && Number.isFinite(own) && own > 0) return Math.round(own)
  if ((own === undefined || own === null) && timeMs !== undefined) return Math.round(timeMs)
  fault.detail ??= 'timestamp: must be epoch milliseconds'
  return 0
}

/** "audio/opus" as "opus": the part of the media type (RFC 4855) that names the codec. */
function codecOf(report: RtcReport, stat: RtcStat, local: RtcStat | undefined): string | undefined {
  const codec = report.get(textOf(stat, 'codecId') ?? textOf(local, 'codecId') ?? '')
  const name = textOf(codec, 'mimeType')?.split('/').at(-1)
  return name !== undefined && /^[\w.+-]{1,100}$/.test(name) ? name : undefined
}

function readInbound(stat: RtcStat, { report, fault }: Context): Partial<SampleData> {
  // Until Chrome 89 and in Safari the buffer's and the picture's figures were on the track.
  const track = report.get(textOf(stat, 'trackId') ?? '') ?? {}
  const holder = (name: string): RtcStat => (stat[name] === undefined || stat[name] === null ? track : stat)
  const count = (name: string): number | undefined => counterOf(holder(name), name, fault)
  const remote = report.get(textOf(stat, 'remoteId') ?? '')
  return defined({
    packets_received: count('packetsReceived'),
    packets_lost: signedOf(stat, 'packetsLost', fault),
    packets_discarded: count('packetsDiscarded') ?? count('discardedPackets'),
    bytes_received: count('bytesReceived'),
    jitter_ms: millisecondsOf(stat, 'jitter', { fault }),
    // RTCP's own measure where there is one (remote-outbound-rtp, webrtc-stats), else that of the path.
    round_trip_ms:
      (remote && millisecondsOf(remote, 'roundTripTime', { fault })) ?? pathRoundTripMs(report, stat, fault),
    jitter_buffer_delay_total_ms: millisecondsOf(holder('jitterBufferDelay'), 'jitterBufferDelay', {
      fault,
      most: Number.MAX_SAFE_INTEGER,
    }),
    jitter_buffer_emitted: count('jitterBufferEmittedCount'),
    concealed_samples: count('concealedSamples'),
    silent_concealed_samples: count('silentConcealedSamples'),
    samples_received: count('totalSamplesReceived'),
    frames_decoded: count('framesDecoded'),
    frames_dropped: count('framesDropped'),
    freeze_count: count('freezeCount'),
    freezes_ms: millisecondsOf(holder('totalFreezesDuration'), 'totalFreezesDuration', { fault }),
    frame_width: pixelsOf(holder('frameWidth'), 'frameWidth', fault),
    frame_height: pixelsOf(holder('frameHeight'), 'frameHeight', fault),
  })
}

const limitations = new Set(['none', 'cpu', 'bandwidth', 'other'])

function readOutbound(stat: RtcStat, { fault }: Context): Partial<SampleData> {
  const limitation = stat.qualityLimitationReason as NonNullable<SampleData['limitation']>
  return defined({
    packets_sent: counterOf(stat, 'packetsSent', fault),
    frame_width: pixelsOf(stat, 'frameWidth', fault),
    frame_height: pixelsOf(stat, 'frameHeight', fault),
    limitation: limitations.has(limitation) ? limitation : undefined,
  })
}

/**
 * The far end counts what it lost; what it received is what we sent less that. Its own `packetsReceived` is not used:
 * Firefox writes wrapped counts there (4,294,903,080 after 618).
 */
function readRemoteInbound(stat: RtcStat, { report, fault }: Context): Partial<SampleData> {
  const local = report.get(textOf(stat, 'localId') ?? '') ?? localOf(report, stat)
  const sent = local === undefined ? undefined : counterOf(local, 'packetsSent', fault)
  const lost = signedOf(stat, 'packetsLost', fault)
  return defined({
    packets_sent: sent,
    packets_received: sent === undefined || lost === undefined ? undefined : Math.max(0, sent - Math.max(0, lost)),
    packets_lost: lost,
    jitter_ms: millisecondsOf(stat, 'jitter', { fault }),
    round_trip_ms: millisecondsOf(stat, 'roundTripTime', { fault }),
  })
}

type Known<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** Leaves out what is unknown, so that it stays absent on its way through JSON and schemas. */
export function defined<Fields extends object>(fields: Fields): Known<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<Fields>
}
