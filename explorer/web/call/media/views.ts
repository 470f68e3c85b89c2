import type { StreamSummary } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'
import type { Range } from '../axis/range.ts'
import { type Columns, columnsOf, columnsOfMinutes, type SampledStream } from './columns.ts'
import type { Band } from './measures.ts'

/** What one source saw of one stream, in one scope: a block of lanes. */
export interface View {
  /** Of stream, observer, source and scope: names the view's lanes. */
  readonly id: string
  readonly stream: StreamSummary
  readonly columns: Columns
  /** Where it ought to have measured something. */
  readonly expected: Range
  readonly mosName: string | undefined
  readonly band: Band | undefined
  readonly codecRows: SampledStream['codecRows']
  /** Whether its MOS rests on official values: others are drawn, and never judged. */
  readonly grounded: boolean
  /** From samples, from stored minutes after the samples have gone, or from one report on the whole call. */
  readonly grain: 'samples' | 'minutes' | 'none'
}

interface Identified {
  readonly key: string
  readonly observer: string
  /** Records of before it was kept have none. */
  readonly source?: string
  readonly scope: StreamSummary['scope']
}

export const viewIdOf = ({ key, observer, source = '', scope }: Identified): string =>
  [key, observer, source, scope].join(' ')

/** Whether an observer knows what arrived. A device's report on what it sent does not. */
export const countsArrivals = ({ packetsReceived, lossRatio, video }: StreamSummary): boolean =>
  isNumber(packetsReceived) || isNumber(lossRatio) || isNumber(video?.framesDecoded)

/** Whether an observer said anything that quality can be judged by. */
export const saysNothing = (stream: StreamSummary): boolean =>
  !countsArrivals(stream) &&
  stream.mos.length === 0 &&
  ![stream.jitterMs, stream.roundTripMs, stream.concealedRatio].some(isNumber)

/** Streams of the record with what was measured of them, in the order in which they are read. */
export function viewsOf({ record, minutes }: WholeCall, samples: CallSamples | undefined): readonly View[] {
  const sampled = new Map((samples?.streams ?? []).map((stream) => [viewIdOf(stream), stream]))
  const byMinute = Map.groupBy(minutes, ({ stream, ...point }) => viewIdOf({ key: stream, ...point }))
  return inReadingOrder(record.streams).map((stream): View => {
    const id = viewIdOf(stream)
    const own = sampled.get(id)
    const points = byMinute.get(id) ?? []
    const columns = own !== undefined && own.endMs.length > 0 ? columnsOf(own) : columnsOfMinutes(points)
    const main = mainMosOf(stream)
    const codecRows = own?.codecRows ?? rowsOf(stream)
    return {
      id,
      stream,
      columns,
      expected: expectedOf(stream, record),
      mosName: own?.mosName ?? points.find(({ mosName }) => mosName)?.mosName ?? main?.name,
      band: own?.band ?? main?.band,
      codecRows,
      grounded: codecRows.length === 0 || codecRows.some(({ grounded }) => grounded),
      grain: own !== undefined && own.endMs.length > 0 ? 'samples' : points.length > 0 ? 'minutes' : 'none',
    }
  })
}

/** What MOS lanes draw: conversational where there is one, and most of the time. */
function mainMosOf({ mos }: StreamSummary): StreamSummary['mos'][number] | undefined {
  const rank = (kind: string) => (kind === 'conversational' ? 0 : 1)
  const computed = mos.filter(({ source }) => source === 'computed')
  return [...computed].sort((a, b) => rank(a.kind) - rank(b.kind) || b.seconds - a.seconds)[0]
}

function rowsOf({ mos }: StreamSummary): SampledStream['codecRows'] {
  const rows = new Map(mos.filter(({ codecRow }) => codecRow !== '').map((one) => [one.codecRow, one.grounded]))
  return [...rows].map(([row, grounded]) => ({ row, grounded }))
}

/**
 * Between two parties media is owed from the answer to the end, by a leg as long as it was there; in a conference
 * streams come and go.
 */
function expectedOf(stream: StreamSummary, { answeredMs, endedMs, conference, legs }: WholeCall['record']): Range {
  const { fromMs, toMs, legId } = stream
  if (conference || !isNumber(answeredMs)) return { fromMs, toMs }
  const leg = legs.find((one) => one.legId === legId)
  const from = Math.max(answeredMs, leg?.addedMs ?? answeredMs)
  const ends = [leg?.endedMs, endedMs].filter(isNumber)
  return { fromMs: from, toMs: Math.max(from, ends.length === 0 ? toMs : Math.min(...ends)) }
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number'

const severity = { poor: 0, degraded: 1, unclassified: 2, good: 3 } as const

/** Sound before pictures, then as bad as the worst that anybody saw of a stream; who counts before who does not. */
function inReadingOrder(streams: readonly StreamSummary[]): readonly StreamSummary[] {
  const groups = [...Map.groupBy(streams, ({ key }) => key).values()].map((all) => ({
    all: all.sort((a, b) => Number(b.chosen) - Number(a.chosen)),
    isVideo: all.some(({ kind }) => kind === 'video'),
    worst: Math.min(...all.map((stream) => severity[stream.class])),
    name: `${all[0]?.label} ${all[0]?.key}`,
  }))
  groups.sort((a, b) => Number(a.isVideo) - Number(b.isVideo) || a.worst - b.worst || (a.name < b.name ? -1 : 1))
  return groups.flatMap(({ all }) => all)
}

/** Views of one stream: the one that counts, and those beside it. */
export interface StreamViews {
  readonly key: string
  readonly chosen: View
  readonly others: readonly View[]
}

export function byStream(views: readonly View[]): readonly StreamViews[] {
  const groups = Map.groupBy(views, ({ stream }) => stream.key)
  return [...groups].flatMap(([key, all]): StreamViews[] => {
    const chosen = all.find(({ stream }) => stream.chosen) ?? all[0]
    return chosen === undefined ? [] : [{ key, chosen, others: all.filter((view) => view !== chosen) }]
  })
}

/** So many streams are unfolded at first: what a screen or two can hold. */
const openAtFirst = 8

/** Sound that counts, worst first. Good video stays folded: it has its band, and one click opens it. */
export function firstOpen(views: readonly View[]): ReadonlySet<string> {
  const telling = views.filter(
    ({ stream }) =>
      stream.chosen && (stream.kind === 'audio' || stream.class === 'poor' || stream.class === 'degraded'),
  )
  return new Set(telling.slice(0, openAtFirst).map(({ id }) => id))
}
