import type { MinutePoint } from '#contracts/warehouse.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'

export type SampledStream = CallSamples['streams'][number]
export type MeasureName = 'mos' | 'loss' | 'jitter' | 'round_trip' | 'concealment'

/** What one observer measured on one stream, in time order. Unknown is NaN, which no comparison takes for a value. */
export interface Columns {
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  readonly values: Readonly<Record<MeasureName, Float64Array>>
  /** contracts/interval-mask.ts; undefined where only minutes are left, whose intervals are not told apart. */
  readonly mask: Uint16Array | undefined
}

export function columnsOf(stream: SampledStream): Columns {
  const order = inOrder(stream.endMs)
  const numbers = (column: readonly (number | null)[]): Float64Array =>
    Float64Array.from(order, (at) => column[at] ?? Number.NaN)
  const endMs = numbers(stream.endMs)
  const lengthMs = numbers(stream.lengthMs)
  return {
    startMs: endMs.map((end, index) => end - (lengthMs[index] ?? 0)),
    endMs,
    values: {
      mos: numbers(stream.mos),
      loss: numbers(stream.lossRatio),
      jitter: numbers(stream.jitterMs),
      round_trip: numbers(stream.roundTripMs),
      concealment: numbers(stream.concealedRatio),
    },
    mask: Uint16Array.from(order, (at) => stream.mask[at] ?? 0),
  }
}

/** For calls whose samples have gone by age: their minutes stay. A minute is drawn whole, its marks are not known. */
export function columnsOfMinutes(minutes: readonly MinutePoint[]): Columns {
  const sorted = [...minutes].sort((a, b) => a.minuteMs - b.minuteMs)
  const column = (of: (point: MinutePoint) => number | null | undefined): Float64Array =>
    Float64Array.from(sorted, (point) => of(point) ?? Number.NaN)
  return {
    startMs: column(({ minuteMs }) => minuteMs),
    endMs: column(({ minuteMs }) => minuteMs + 60_000),
    values: {
      mos: column(({ mos }) => mos),
      loss: column(({ lossRatio }) => lossRatio),
      jitter: column(({ jitterMs }) => jitterMs),
      round_trip: column(({ roundTripMs }) => roundTripMs),
      concealment: column(({ concealedRatio }) => concealedRatio),
    },
    mask: undefined,
  }
}

/** The interval that an instant lies in; -1 in a hole. */
export function indexAt({ startMs, endMs }: Columns, atMs: number): number {
  const index = firstEndingAfter(endMs, atMs)
  return index < endMs.length && (startMs[index] ?? Number.POSITIVE_INFINITY) <= atMs ? index : -1
}

/** First interval that ends after an instant; the number of intervals where none does. */
export function firstEndingAfter(endMs: Float64Array, atMs: number): number {
  let [low, high] = [0, endMs.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((endMs[middle] ?? 0) > atMs) high = middle
    else low = middle + 1
  }
  return low
}

/** The samples come in order; a sort is for producers whose clock went back. */
function inOrder(endMs: readonly number[]): Uint32Array {
  const order = Uint32Array.from(endMs, (_, index) => index)
  const isSorted = endMs.every((end, index) => index === 0 || (endMs[index - 1] ?? 0) <= end)
  return isSorted ? order : order.sort((a, b) => (endMs[a] ?? 0) - (endMs[b] ?? 0))
}
