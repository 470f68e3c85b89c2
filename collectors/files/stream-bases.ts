import type { SampleData, SampleDraft } from '../getstats/streams.ts'

/*
 * Cumulative counters are differenced between samples, so that what the first one counted would be lost (it has no base:
 * docs/architecture.md, promise 2). Where the dump itself proves that a stream's counters stood at zero, the importer says so
 * with one more sample, all zero:
 * - the stream was not in the report before: it began after it;
 * - it is in the first report of a PeerConnection whose creation is in the dump: it began after that.
 * The far end's counters began when our sending did, so they share its base. A stream that was there before the dump began
 * has no base, and one that comes back under its old SSRC gets none.
 * Placeholders: a media server's offer holds streams that nobody sends on (Jitsi's "mixed" ones, muted participants,
 * simulcast layers that are off). They stand at zero for ever and would read as one-way audio, so a stream through a media
 * server is held back until it has carried a packet; its last zero is then its base.
 */

interface StreamState {
  /** Own timestamp of the stat when it was last seen, so that a repeated one gives no second sample. */
  lastMs: number
  /** The latest sample that was held back; undefined once the stream is sent. */
  held: SampleDraft | undefined
  sent: boolean
  /** A moment at which the counters are known to have stood at zero. */
  zeroMs: number | undefined
  carried: boolean
}

/** Decides what to send of each stream of one PeerConnection, in the order of its reports. */
export interface StreamBases {
  /** Samples to send for these drafts of one report: bases first. */
  take(drafts: readonly SampleDraft[], reportMs: number): readonly SampleDraft[]
  /** Streams that never carried a packet and were left out. */
  held(): number
}

export interface BasesOptions {
  /** When the PeerConnection was made, where the dump says. */
  readonly createdMs: number | undefined
  readonly placeholders: () => boolean
}

export function createStreamBases({ createdMs, placeholders }: BasesOptions): StreamBases {
  const streams = new Map<string, StreamState>()
  let provenZeroMs = createdMs

  return {
    take(drafts, reportMs) {
      const far = drafts.filter(({ data }) => data.observer === 'remote')
      const near = drafts.filter(({ data }) => data.observer !== 'remote')
      const sent = [...near, ...far].flatMap((draft) => takeOne(draft))
      provenZeroMs = reportMs
      return sent
    },
    held: () => [...streams.values()].filter(({ sent }) => !sent).length,
  }

  function takeOne(draft: SampleDraft): readonly SampleDraft[] {
    const key = keyOf(draft)
    const known = streams.get(key)
    if (known !== undefined && draft.timeMs <= known.lastMs) return []
    const state = known ?? { lastMs: 0, held: undefined, sent: false, zeroMs: zeroBefore(draft), carried: false }
    streams.set(key, state)
    state.lastMs = draft.timeMs
    const base = baseOf(draft, state)
    state.carried ||= !isEmpty(draft.data)
    if (!state.carried) state.zeroMs = draft.timeMs
    if (state.sent) return [draft]
    state.sent = state.carried || !placeholders()
    state.held = state.sent ? undefined : draft
    return state.sent ? [...base, draft] : []
  }

  /** The far end's first report comes some time after the stream began: its base is that of what we sent. */
  function zeroBefore({ data }: SampleDraft): number | undefined {
    return data.observer === 'remote' ? streams.get(`out:${data.ssrc ?? data.stream_id}`)?.zeroMs : provenZeroMs
  }
}

/** The same SSRC may be inbound and outbound of one connection only by accident; `remote` speaks of an outbound one. */
const keyOf = ({ data }: SampleDraft): string => {
  const side = data.observer === 'remote' ? 'far' : data.direction === 'receive' ? 'in' : 'out'
  return `${side}:${data.ssrc ?? data.stream_id}`
}

/** What to send before a stream's first sample that counts something. */
function baseOf(draft: SampleDraft, { held, sent, zeroMs }: StreamState): readonly SampleDraft[] {
  if (sent || isEmpty(draft.data)) return []
  if (held !== undefined) return [held]
  if (zeroMs === undefined || zeroMs >= draft.timeMs) return []
  return [{ statId: `${draft.statId}/base`, timeMs: zeroMs, data: zeroOf(draft.data) }]
}

const isEmpty = ({ packets_received = 0, packets_sent = 0, packets_lost = 0 }: SampleData): boolean =>
  packets_received === 0 && packets_sent === 0 && packets_lost === 0

const counters = [
  'packets_received',
  'packets_sent',
  'packets_lost',
  'packets_discarded',
  'bytes_received',
  'jitter_buffer_delay_total_ms',
  'jitter_buffer_emitted',
  'concealed_samples',
  'silent_concealed_samples',
  'samples_received',
  'frames_decoded',
  'frames_dropped',
  'freeze_count',
  'freezes_ms',
] as const

/** The sample's counters at zero, and nothing of what was measured later. */
function zeroOf(data: SampleData): SampleData {
  const { observer, kind, direction, scope, stream_id, ssrc, start_id, codec } = data
  const zeros = Object.fromEntries(counters.filter((name) => data[name] !== undefined).map((name) => [name, 0]))
  return JSON.parse(JSON.stringify({ observer, kind, direction, scope, stream_id, ssrc, start_id, codec, ...zeros }))
}
