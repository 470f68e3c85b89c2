import type { ClickHouseClient } from '@clickhouse/client'
import type { MosHeatmap, NowScale } from '#contracts/call-charts.ts'
import type { MosBand, MosKind } from '#contracts/call-record.ts'
import { mosName } from '#quality/e-model-bands.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { defaultProfile } from '#quality/profile.ts'
import { belowMsSql, viewRankSql } from '#quality/talk-scales.ts'
import { rowsOf } from '../client.ts'

export interface TalkWindow {
  readonly tenant: string | undefined
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

type Row = readonly [kind: MosKind | '', band: MosBand | '', column: number, bin: number, ms: number, belowMs: number]

/**
 * Measured talk of a window by MOS scale: per stream and minute one view, one scale. Only grounded values count, the
 * conversational one where the delay was known for most of the minute. Nothing is merged before: of each minute's rows the
 * one written last is taken.
 */
export async function readTalk(client: ClickHouseClient, window: TalkWindow): Promise<Talk> {
  const bucketMs = Math.max(60_000, Math.ceil((window.untilMs - window.fromMs) / maxColumns / 60_000) * 60_000)
  const fromMs = Math.floor(window.fromMs / bucketMs) * bucketMs
  const rows = await rowsOf<Row>(client, talkQuery(window.tenant !== undefined), {
    ...(window.tenant === undefined ? {} : { tenant: window.tenant }),
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
      4,
    ),
  }
}

const scaleNameOf = ([kind, band]: Row): string => (kind === '' || band === '' ? '' : mosName(kind, band))

const minutesOf = (rows: readonly Row[], column: 4 | 5): number =>
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
  for (const [, , column, bin, ms] of rows) {
    const cells = cellsMs[column]
    const at = Math.min(bins.count - 1, Math.max(0, bin))
    if (cells !== undefined) cells[at] = (cells[at] ?? 0) + ms
  }
  const minutes = cellsMs.map((cells) => cells.map(inMinutes))
  const band = (rows[0]?.[1] || 'N') as MosBand
  const { degraded = 0 } = profile.mosHundredths[band] ?? defaultProfile.mosHundredths[band] ?? {}
  return {
    ...{ name, thresholdMos: degraded / 100, minutes: minutesOf(rows, 4), belowMinutes: minutesOf(rows, 5) },
    heatmap: { ...heatmap, binFrom: bins.from, binWidth: bins.width, minutes },
  }
}

const stream = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id'

/** Tallies of a minute that may be its score, best first: [kind, band, ms, hundredths x ms]. */
const scores = `arrayMap(of -> (of.1, of.2,
      arraySum(t -> if((toString(t.1), toString(t.2)) = of, t.6, 0), grounded),
      arraySum(t -> if((toString(t.1), toString(t.2)) = of, t.7, 0), grounded)),
    arrayDistinct(arrayMap(t -> (toString(t.1), toString(t.2)), grounded)))`

/** The conversational score where it covers most of what was scored on its band: it is what is judged. */
const chosen = `arraySort(s -> (s.1 != 'conversational', -s.3), arrayFilter(s -> s.1 = 'listening'
        OR 2 * s.3 >= arraySum(l -> if(l.1 = 'listening' AND l.2 = s.2, l.3, 0), found), found))[1]`

/** What was scored, on its scale and in its bin; and the rest of what was measured, on none. */
const parts = `[(score.1, score.2, toInt32(if(score.3 = 0, 0, intDiv(intDiv(score.4, score.3), 10) - 10)), toUInt64(score.3),
        toUInt64(least(score.3, ${belowMsSql('view.3')}))),
      ('', '', toInt32(0), toUInt64(if(view.1 > score.3, view.1 - score.3, 0)), toUInt64(0))]`

const talkQuery = (ofTenant: boolean): string => `
  SELECT part.1, part.2, column, part.3, sum(part.4), sum(part.5)
  FROM (
    SELECT intDiv(toUnixTimestamp(minute) - {fromSeconds:UInt32}, {bucketSeconds:UInt32}) AS column,
      arrayFilter(t -> t.3 = 'computed' AND t.5 = 1 AND t.6 > 0, view.2) AS grounded,
      ${scores} AS found, ${chosen} AS score, arrayJoin(${parts}) AS part
    FROM (
      SELECT ${stream}, argMin(last, last.5) AS view
      FROM (
        SELECT ${stream}, observer, scope, argMax(tuple(measured_ms, mos, runs, row_count, ${viewRankSql}), version) AS last
        FROM call_minutes
        PREWHERE minute >= toDateTime({fromSeconds:UInt32}) AND minute < toDateTime({untilSeconds:UInt32})
        WHERE kind = 'audio'${ofTenant ? ' AND tenant = {tenant:String}' : ''}
        GROUP BY ${stream}, observer, scope HAVING last.4 > 0
      )
      GROUP BY ${stream}
    )
  )
  WHERE part.4 > 0
  GROUP BY part.1, part.2, column, part.3`
