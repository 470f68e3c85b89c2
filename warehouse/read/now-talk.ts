import type { ClickHouseClient } from '@clickhouse/client'
import type { MosHeatmap, NowScale } from '#contracts/call-charts.ts'
import type { MosBand, MosKind } from '#contracts/call-record.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import { mosName } from '#quality/e-model-bands.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { defaultProfile } from '#quality/profile.ts'
import { belowMsSql, viewRankSql } from '#quality/talk-scales.ts'
import { rowsOf } from '../client.ts'
import { type Conditions, ofTenants, whereOf } from './conditions.ts'

export interface TalkWindow {
  readonly tenant: TenantScope
  readonly fromMs: number
  readonly untilMs: number
  readonly profile: QualityProfile
}

export interface Talk {
  readonly scales: readonly NowScale[]
  readonly unscoredMinutes: number
}

/** Columns of the heatmap: more of them, and each is a few pixels wide. */
const maxColumns = 60
/** Bins of a tenth, from 1.0 to the most that any scale reaches (4.5). */
const bins = { from: 1, width: 0.1, count: 36 } as const

/** `scale`: kind and band, or nothing for what was measured and not scored. */
type Row = readonly [scale: string, column: number, bin: number, ms: number, belowMs: number]

/**
 * Measured talk of a window by MOS scale: per stream and minute one view, one scale. Only grounded values count, the
 * conversational one where the delay was known for most of the minute. Nothing is merged before: of each minute's rows the
 * one written last is taken.
 */
export async function readTalk(client: ClickHouseClient, window: TalkWindow): Promise<Talk> {
  const bucketMs = Math.max(60_000, Math.ceil((window.untilMs - window.fromMs) / maxColumns / 60_000) * 60_000)
  const fromMs = Math.floor(window.fromMs / bucketMs) * bucketMs
  const rows = await rowsOf<Row>(client, talkQuery(ofTenants(window.tenant)), {
    ...ofTenants(window.tenant).params,
    ...{
      fromSeconds: fromMs / 1_000,
      untilSeconds: Math.ceil(window.untilMs / 1_000),
      bucketSeconds: bucketMs / 1_000,
    },
  })
  const columns = Math.ceil((window.untilMs - fromMs) / bucketMs)
  const names = [...new Set(rows.map(scaleNameOf))].filter((name) => name !== '').toSorted()
  const heatmap = { bucketMs, times: Array.from({ length: columns }, (_, at) => fromMs + at * bucketMs) }
  return {
    scales: names.map((name) =>
      scaleFrom(
        rows.filter((row) => scaleNameOf(row) === name),
        { name, heatmap, profile: window.profile },
      ),
    ),
    unscoredMinutes: minutesOf(
      rows.filter((row) => scaleNameOf(row) === ''),
      3,
    ),
  }
}

const bandOf = ([scale]: Row): MosBand => scale.split(' ')[1] as MosBand

const scaleNameOf = (row: Row): string => (row[0] === '' ? '' : mosName(row[0].split(' ')[0] as MosKind, bandOf(row)))

const minutesOf = (rows: readonly Row[], column: 3 | 4): number =>
  inMinutes(rows.reduce((sum, row) => sum + row[column], 0))

/** To a thousandth: what is less is not seen. */
const inMinutes = (ms: number): number => Math.round(ms / 60) / 1_000

interface ScaleParts {
  readonly name: string
  readonly heatmap: Pick<MosHeatmap, 'bucketMs' | 'times'>
  readonly profile: QualityProfile
}

function scaleFrom(rows: readonly Row[], { name, heatmap, profile }: ScaleParts): NowScale {
  const cellsMs = heatmap.times.map(() => Array.from({ length: bins.count }, () => 0))
  for (const [, column, bin, ms] of rows) {
    const cells = cellsMs[column]
    const at = Math.min(bins.count - 1, Math.max(0, bin))
    if (cells !== undefined) cells[at] = (cells[at] ?? 0) + ms
  }
  const minutes = cellsMs.map((cells) => cells.map(inMinutes))
  const [first] = rows
  const band = first === undefined ? 'N' : bandOf(first)
  const { degraded = 0 } = profile.mosHundredths[band] ?? defaultProfile.mosHundredths[band] ?? {}
  return {
    ...{ name, thresholdMos: degraded / 100, minutes: minutesOf(rows, 3), belowMinutes: minutesOf(rows, 4) },
    heatmap: { ...heatmap, binFrom: bins.from, binWidth: bins.width, minutes },
  }
}

const stream = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id'

/** Of the grounded values that we computed in a minute: time on a band, and hundredths times time. */
const tallied = (kind: MosKind, band: MosBand, column: 'ms' | 'hundredth_ms'): string =>
  `arraySum((k, b, s, g, value) -> if(k = '${kind}' AND b = '${band}' AND s = 'computed' AND g = 1, value, 0),
      mos.kind, mos.band, mos.source, mos.grounded, mos.${column})`

/** A figure of the band that most of the minute was scored on. */
const onBand = (of: (band: MosBand) => string): string =>
  `multiIf(band = 'N', ${of('N')}, band = 'W', ${of('W')}, ${of('F')})`
const bands = ['N', 'W', 'F'] as const

/**
 * The scale of a minute in steps, each of which names only what the steps before it have made: named in one SELECT, every
 * expression would be written out wherever it is used, and analysing that took longer than an hour of rows. The
 * conversational score counts where it covers most of what was scored on the band: it is what is judged.
 */
const steps: readonly (readonly string[])[] = [
  bands.flatMap((band) => [
    `${tallied('conversational', band, 'ms')} AS conversational_${band}`,
    `${tallied('listening', band, 'ms')} AS listening_${band}`,
    `${tallied('conversational', band, 'hundredth_ms')} AS conversational_sum_${band}`,
    `${tallied('listening', band, 'hundredth_ms')} AS listening_sum_${band}`,
  ]),
  bands.map((band) => `greatest(conversational_${band}, listening_${band}) AS either_${band}`),
  ["multiIf(either_N >= either_W AND either_N >= either_F, 'N', either_W >= either_F, 'W', 'F') AS band"],
  ['conversational', 'listening', 'conversational_sum', 'listening_sum'].map(
    (figure) => `${onBand((band) => `${figure}_${band}`)} AS ${figure}`,
  ),
  ["if(conversational > 0 AND 2 * conversational >= listening, 'conversational', 'listening') AS score_kind"],
  [
    "if(score_kind = 'conversational', conversational, listening) AS scored_ms",
    "if(score_kind = 'conversational', conversational_sum, listening_sum) AS hundredth_ms",
  ],
  [
    "if(scored_ms = 0, '', concat(score_kind, ' ', band)) AS scale",
    'toInt32(if(scored_ms = 0, 0, intDiv(intDivOrZero(hundredth_ms, scored_ms), 10) - 10)) AS bin',
  ],
]

/** Minutes of the window, with the view each is of. */
const minutes = (tenants: Conditions): string => `
  SELECT version, row_count, measured_ms, mos.kind, mos.band, mos.source, mos.grounded, mos.ms, mos.hundredth_ms,
    cityHash64(${stream}) AS stream, cityHash64(${stream}, observer, source, scope) AS view, ${viewRankSql} AS rank,
    toUInt32(intDiv(toUnixTimestamp(minute) - {fromSeconds:UInt32}, {bucketSeconds:UInt32})) AS column,
    toUInt64(${belowMsSql('runs')}) AS below_ms
  FROM call_minutes
  PREWHERE minute >= toDateTime({fromSeconds:UInt32}) AND minute < toDateTime({untilSeconds:UInt32})
  WHERE kind = 'audio' AND ${whereOf(tenants)}`

const inSteps = (source: string): string =>
  steps.reduce((inner, columns) => `SELECT *, ${columns.join(',\n    ')} FROM (${inner})`, source)

/** The views of the same stream and minute, the one that is believed; of a view the row that was written last. */
const believed = (tenants: Conditions): string => `
  SELECT argMin(last, last.1) AS kept
  FROM (
    SELECT argMax(tuple(rank, row_count, stream, scale, column, bin, scored_ms, measured_ms, below_ms), version) AS last
    FROM (${inSteps(minutes(tenants))}) GROUP BY view HAVING last.2 > 0)
  GROUP BY last.3`

/** What was scored, on its scale and in its bin; and the rest of what was measured, on none. */
const talkQuery = (tenants: Conditions): string => `
  SELECT part.1, part.2, part.3, sum(part.4), sum(part.5)
  FROM (
    SELECT arrayJoin([
      (kept.4, kept.5, kept.6, toUInt64(kept.7), toUInt64(least(kept.7, kept.9))),
      ('', kept.5, toInt32(0), toUInt64(if(kept.8 > kept.7, kept.8 - kept.7, 0)), toUInt64(0))]) AS part
    FROM (${believed(tenants)}))
  WHERE part.4 > 0
  GROUP BY part.1, part.2, part.3
  SETTINGS short_circuit_function_evaluation = 'disable', compile_expressions = 0`
