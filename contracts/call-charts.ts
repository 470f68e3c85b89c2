import type { BlindTime } from './blind-times.ts'
import type { CallClass, CallRecord, EpochMs, MediaKind, MosBand } from './call-record.ts'
import type { CallFilter, TenantScope } from './warehouse.ts'

export interface TimelineQuery extends CallFilter {
  readonly sinceMs: EpochMs
  readonly untilMs: EpochMs
  readonly buckets: number
}

/** Calls by the time they started and by class: how many of them, every bucket of the time asked for. */
export interface Timeline {
  readonly fromMs: EpochMs
  readonly untilMs: EpochMs
  readonly bucketMs: number
  readonly buckets: readonly ({ readonly atMs: EpochMs } & Readonly<Record<CallClass, number>>)[]
}

export const facetNames = [
  ...['tenant', 'carrier', 'route', 'region', 'codec'],
  ...['class', 'disposition', 'finding', 'fault'],
] as readonly FacetName[]
export type FacetName =
  | 'tenant'
  | 'carrier'
  | 'route'
  | 'region'
  | 'codec'
  | 'class'
  | 'disposition'
  | 'finding'
  | 'fault'

/** What there is to filter by: the values that calls of a time have, most calls first, at most 100 each. */
export interface Facets {
  readonly total: number
  readonly facets: Readonly<Record<FacetName, readonly { readonly value: string; readonly calls: number }[]>>
}

/** MOS over time of one scale: minutes of talk by time and by bin. */
export interface MosHeatmap {
  readonly bucketMs: number
  readonly times: readonly EpochMs[]
  readonly binFrom: number
  readonly binWidth: number
  readonly minutes: readonly (readonly number[])[]
}

export interface NowScale {
  /** P.800.1 name: values of two scales are never added or compared. */
  readonly name: string
  readonly thresholdMos: number
  readonly minutes: number
  readonly belowMinutes: number
  readonly heatmap: MosHeatmap
}

export interface WorstOf {
  readonly value: string
  readonly calls: number
  /** Degraded or poor. */
  readonly bad: number
  readonly poor: number
  readonly unclassified: number
}

export const worstDimensions = ['carrier', 'route', 'region', 'codec'] as const
export type WorstDimension = (typeof worstDimensions)[number]

/** What holds at a moment and in the window before it. */
export interface NowFigures {
  readonly fromMs: EpochMs
  readonly untilMs: EpochMs
  readonly activeCalls: number
  readonly startedCalls: number
  /** Of the calls that started in the window. */
  readonly classes: Readonly<Record<CallClass, number>>
  readonly scales: readonly NowScale[]
  /** Measured talk minutes without a MOS that is grounded. */
  readonly unscoredMinutes: number
  readonly worst: Readonly<Record<WorstDimension, readonly WorstOf[]>>
  /** When a pipeline of this install was not looking: what is missing on the page then may be ours, and not the calls'. */
  readonly blind: readonly BlindTime[]
}

/** A stream as one observer measured it, interval by interval: columns of one length. Unknown is null, never 0. */
export interface SampledStream {
  /** As in the record's streams. */
  readonly key: string
  readonly observer: string
  readonly source: string
  readonly scope: 'interval' | 'cumulative' | 'call'
  readonly kind: MediaKind
  readonly label: string
  /** Scale of `mos`; intervals that have a MOS on another scale only have null there. */
  readonly mosName: string | undefined
  readonly band: MosBand | undefined
  readonly codecRows: readonly { readonly row: string; readonly grounded: boolean }[]
  readonly endMs: readonly EpochMs[]
  readonly lengthMs: readonly number[]
  readonly mos: readonly (number | null)[]
  readonly lossRatio: readonly (number | null)[]
  readonly jitterMs: readonly (number | null)[]
  readonly roundTripMs: readonly (number | null)[]
  /** Without silent concealment, as it is judged. */
  readonly concealedRatio: readonly (number | null)[]
  /** contracts/interval-mask.ts */
  readonly mask: readonly number[]
}

interface ShownLimits {
  readonly degraded: number
  readonly poor: number
}

/** Limits in the units of the charts; absent: never judged. */
export interface ShownThresholds {
  readonly loss: ShownLimits | undefined
  readonly jitterMs: ShownLimits | undefined
  readonly roundTripMs: ShownLimits | undefined
  readonly concealment: ShownLimits | undefined
  readonly mos: Readonly<Record<MosBand, ShownLimits | undefined>>
}

export interface CallSamples {
  readonly streams: readonly SampledStream[]
  /** More intervals than are shown at once: the first are here. */
  readonly truncated: boolean
  readonly thresholds: ShownThresholds
}

/** What people see drawn. Tenant undefined means all tenants: administrators only. */
export interface CallCharts {
  timeline(query: TimelineQuery): Promise<Timeline>
  facets(filter: Pick<CallFilter, 'tenant' | 'sinceMs' | 'untilMs'>): Promise<Facets>
  now(tenant: TenantScope, window: { readonly fromMs: EpochMs; readonly untilMs: EpochMs }): Promise<NowFigures>
  /** Undefined: there is no such call. */
  samples(tenant: TenantScope, id: string): Promise<CallSamples | undefined>
}

/** The call that samples are drawn for. */
export type SampledCall = Pick<CallRecord, 'tenant' | 'correlationIds' | 'streams' | 'profileVersion' | 'startedMs'>
