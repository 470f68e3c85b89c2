import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { fixture, type Imported, imported } from './import-for-tests.ts'

/*
 * The features that jitsi/rtcstats-server expects of its dumps, computed again from the samples that the import makes,
 * the way the warehouse does: cumulative counters differenced per (stream, observer, epoch). It takes the last value of
 * each counter instead, so the two agree only if the import loses no counter and proves where each began.
 */

interface Track {
  readonly ssrc: number
  readonly packets: number
  readonly packetsLost: number
  readonly packetsLostPct: number
  readonly concealedPercentage: number
  readonly mediaType: string
  readonly startTime: number
  readonly endTime: number
}
interface Aggregates {
  readonly isP2P: boolean | null
  readonly pcSessionDurationMs: number
  readonly trackAggregates: Readonly<Record<string, number>>
  readonly tracks: { readonly receiverTracks: readonly Track[]; readonly senderTracks: readonly Track[] }
  readonly transportAggregates: { readonly meanRtt: number }
}
interface Expected {
  readonly features: {
    readonly aggregates: Readonly<Record<string, Aggregates>>
    readonly conferenceStartTime: number
    readonly sessionEndTime: number
    readonly metrics: { readonly conferenceDurationMs: number }
  }
}

const cases = [
  { dump: 'google-standard-stats-p2p', result: 'google-standard-stats-p2p-result' },
  { dump: 'chrome-standard-pc-failed', result: 'chrome-standard-pc-failed' },
]

describe.each(cases)('$dump', ({ dump, result }) => {
  const [expected] = JSON.parse(readFileSync(fixture(`jitsi-rtcstats-server/expected/${result}.json`), 'utf8')) as [
    Expected,
  ]
  const connections = Object.entries(expected.features.aggregates)
  let read: Imported
  beforeAll(async () => {
    read = await imported(fixture(`jitsi-rtcstats-server/dumps/${dump}.jsonl`))
  })

  test('is read without a refusal', () => {
    expect(read.refused).toEqual([])
    expect(read.tally).toMatchObject({ calls: 1, refused: 0, samples: read.samples.length })
  })

  test.each(connections)('%s: received packets, loss and concealment of every track', (pc, { tracks }) => {
    const streams = streamsOf(read.samples, { pc, observer: 'browser', direction: 'receive' })
    const ours = streams.map((stream) => ({
      ssrc: stream.ssrc,
      mediaType: stream.kind,
      packets: stream.sum('packets_received'),
      packetsLost: stream.sum('packets_lost'),
      // Their percentage is of the packets received; ours, of those expected, is a little less (10.78 % is 9.73 %).
      packetsLostPct: percent(stream.sum('packets_lost'), stream.sum('packets_received')),
      concealedPercentage: percent(stream.sum('concealed_samples'), stream.sum('samples_received')),
    }))
    expect(ours.sort(bySsrc)).toEqual(tracks.receiverTracks.map(figures).sort(bySsrc))
  })

  test.each(connections)('%s: sent packets, and loss as the far end reports it', (pc, { tracks }) => {
    const far = streamsOf(read.samples, { pc, observer: 'remote', direction: 'send' })
    const near = streamsOf(read.samples, { pc, observer: 'browser', direction: 'send' })
    const ours = near
      // They list a sending track only where the far end has reported on it.
      .flatMap((sent) => far.filter(({ ssrc }) => ssrc === sent.ssrc).map((reported) => ({ sent, reported })))
      .map(({ sent, reported }) => ({
        ssrc: sent.ssrc,
        mediaType: sent.kind,
        packets: sent.sum('packets_sent'),
        packetsLost: reported.sum('packets_lost'),
        packetsLostPct: percent(reported.sum('packets_lost'), sent.sum('packets_sent')),
        concealedPercentage: 0,
      }))
    expect(ours.sort(bySsrc)).toEqual(tracks.senderTracks.map(figures).sort(bySsrc))
  })

  test.each(connections)('%s: totals over all tracks', (pc, { trackAggregates }) => {
    const total = (observer: string, direction: string, name: Counter): number =>
      streamsOf(read.samples, { pc, observer, direction }).reduce((sum, stream) => sum + stream.sum(name), 0)
    const received = total('browser', 'receive', 'packets_received')
    const lost = total('browser', 'receive', 'packets_lost')
    const sent = total('browser', 'send', 'packets_sent')
    const lostOut = total('remote', 'send', 'packets_lost')
    expect({
      totalPacketsReceived: received,
      totalReceivedPacketsLost: lost,
      receivedPacketsLostPct: percent(lost, received),
      totalPacketsSent: sent,
      totalSentPacketsLost: lostOut,
      sentPacketsLostPct: percent(lostOut, sent),
    }).toEqual(trackAggregates)
  })

  test.each(connections)('%s: mean round trip', (pc, { transportAggregates }) => {
    // One value for each report: the candidate pair's, which all received streams of the report carry. In seconds there.
    const byReport = new Map<string, number>()
    for (const { time, data } of read.samples) {
      if (data.stream_id?.startsWith(`${pc}:`) && data.observer === 'browser' && data.round_trip_ms !== undefined) {
        byReport.set(time, data.round_trip_ms)
      }
    }
    const mean = [...byReport.values()].reduce((sum, ms) => sum + ms, 0) / Math.max(1, byReport.size)
    expect(Math.round(mean / 10) / 100).toBe(transportAggregates.meanRtt)
  })

  test.each(connections)('%s: tracks begin and end with their reports', (pc, { tracks }) => {
    for (const { ssrc, startTime, endTime } of [...tracks.receiverTracks, ...tracks.senderTracks]) {
      const times = read.samples
        .filter(({ data }) => data.ssrc === ssrc && data.stream_id?.startsWith(`${pc}:`) && data.observer === 'browser')
        .map(({ time }) => Date.parse(time))
      // They take the line's time, which is when the report was written down: up to a quarter of a second after the
      // statistics' own time, which is ours. Their start is the first report that counts a packet; ours may be a base before.
      expect(endTime - Math.max(...times)).toBeGreaterThanOrEqual(0)
      expect(endTime - Math.max(...times)).toBeLessThan(250)
      expect(times.some((time) => startTime - time >= 0 && startTime - time < 250)).toBe(true)
    }
  })

  test.each(connections)('%s: how long the connection lasted', (pc, { pcSessionDurationMs }) => {
    const states = read.logs.filter(
      ({ attributes }) => attributes.peer_connection === pc && attributes.layer === 'connection',
    )
    const connected = states.find(({ attributes }) => attributes.state === 'connected')
    const ends = states.filter(({ attributes }) => attributes.state === 'closed' || attributes.state === 'failed')
    const end = ends.length === 0 ? expected.features.sessionEndTime : msOf(ends.at(-1)?.timeUnixNano)
    expect(connected === undefined ? 0 : end - msOf(connected.timeUnixNano)).toBe(pcSessionDurationMs)
  })

  test('how long the participant was in the conference', () => {
    const { conferenceStartTime, metrics, sessionEndTime } = expected.features
    const at = (type: string) => Date.parse(read.events.find((event) => event.type === type)?.time ?? '')
    expect(at('conference.left')).toBe(sessionEndTime)
    // A dump without `conferenceStartTimestamp` says only when the participant came, and 0 there means unknown.
    if (conferenceStartTime === 0)
      return expect(read.events.map(({ type }) => type)).not.toContain('conference.started')
    expect(at('conference.started')).toBe(conferenceStartTime)
    expect(at('conference.left') - at('conference.started')).toBe(metrics.conferenceDurationMs)
  })
})

type Counter = 'packets_received' | 'packets_sent' | 'packets_lost' | 'concealed_samples' | 'samples_received'

interface Stream {
  readonly ssrc: number
  readonly kind: string
  sum(name: Counter): number
}

interface Which {
  readonly pc: string
  readonly observer: string
  readonly direction: string
}

/** The fold: samples of one epoch in order of time, each counter's rises added up. The first sample has no base. */
function streamsOf(samples: readonly QualitySample[], { pc, observer, direction }: Which): Stream[] {
  const byEpoch = new Map<number, QualitySample[]>()
  for (const sample of samples) {
    const { data } = sample
    if (data.ssrc === undefined || data.observer !== observer || data.direction !== direction) continue
    if (data.stream_id === `${pc}:${data.ssrc}`) byEpoch.set(data.ssrc, [...(byEpoch.get(data.ssrc) ?? []), sample])
  }
  return [...byEpoch].flatMap(([ssrc, epoch]) => {
    const ordered = epoch.sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
    const sum = (name: Counter): number =>
      ordered.reduce(
        (total, { data }, at) => total + (at === 0 ? 0 : (data[name] ?? 0) - (ordered[at - 1]?.data[name] ?? 0)),
        0,
      )
    const carried = sum('packets_received') + sum('packets_sent') > 0
    return carried ? [{ ssrc, kind: ordered[0]?.data.kind ?? '', sum }] : []
  })
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((10_000 * part) / whole) / 100)
const msOf = (nanos: string | undefined): number => Number(BigInt(nanos ?? '0') / 1_000_000n)
const bySsrc = (a: { readonly ssrc: number }, b: { readonly ssrc: number }): number => a.ssrc - b.ssrc
const figures = ({ ssrc, mediaType, packets, packetsLost, packetsLostPct, concealedPercentage }: Track) => ({
  ssrc,
  mediaType,
  packets,
  packetsLost,
  packetsLostPct,
  concealedPercentage,
})
