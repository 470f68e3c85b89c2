import type { CallSamples } from '#explorer/web/api-types.ts'
import { milliseconds, mosNumber, percent } from '../story/figures.ts'
import type { MeasureName } from './columns.ts'

export interface Limits {
  readonly degraded: number
  readonly poor: number
}
export type Band = 'N' | 'W' | 'F'

/** What the charts know of a measure: how it is written, and which way is worse. One literal list. */
export interface Measure {
  readonly name: MeasureName
  readonly worse: 'higher' | 'lower'
  /** Top of the scale where nothing reaches further: so that a quiet line looks quiet. */
  readonly leastTop: number
  readonly bottom: number
  readonly heightPx: number
  write(value: number): string
  limits(thresholds: CallSamples['thresholds'], band: Band | undefined): Limits | undefined
}

export const measures: readonly Measure[] = [
  {
    name: 'mos',
    worse: 'lower',
    bottom: 1,
    leastTop: 4.6,
    heightPx: 84,
    write: mosNumber,
    limits: ({ mos }, band) => (band === undefined ? undefined : mos[band]),
  },
  {
    name: 'loss',
    worse: 'higher',
    bottom: 0,
    leastTop: 0.06,
    heightPx: 58,
    write: percent,
    limits: ({ loss }) => loss,
  },
  {
    name: 'jitter',
    worse: 'higher',
    bottom: 0,
    leastTop: 60,
    heightPx: 58,
    write: milliseconds,
    limits: ({ jitterMs }) => jitterMs,
  },
  {
    name: 'round_trip',
    worse: 'higher',
    bottom: 0,
    leastTop: 330,
    heightPx: 58,
    write: milliseconds,
    limits: ({ roundTripMs }) => roundTripMs,
  },
  {
    name: 'concealment',
    worse: 'higher',
    bottom: 0,
    leastTop: 0.08,
    heightPx: 58,
    write: percent,
    limits: ({ concealment }) => concealment,
  },
]
