import { text } from '../literal.ts'
import { samplesWhere } from '../raw-samples.ts'
import { askedCounted, askedCountedAndBefore, askedIds, askedKeys, askedShards } from './asked-minutes.ts'

/** Longest look back from a running counter to the one before it (docs/architecture.md, promise 2). Longer gaps are unmeasured. */
const lookBackMs = 60_000

/** Ends of intervals jitter by some milliseconds: less is neither a hole between two of them nor an overlap. */
export const joinToleranceMs = 100

const identity = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope, source'

/** Columns that hold running counters in cumulative samples: differenced there, taken as they are in interval samples. */
const counters = [
  'packets_received',
  'packets_sent',
  'packets_lost',
  'packets_discarded',
  'concealed_samples',
  'silent_concealed_samples',
  'samples_received',
  'frames_decoded',
  'frames_dropped',
  'freeze_count',
  'freezes_ms',
] as const

/** Columns that hold a value of the moment or the interval in every scope. */
const gauges = [
  'jitter_tenth_ms',
  'round_trip_tenth_ms',
  'one_way_delay_tenth_ms',
  'burst_ratio_hundredths',
  'mos_listening_hundredths',
  'mos_conversational_hundredths',
  'frame_width',
  'frame_height',
] as const

/** RTCP's lost count is signed: a fall is a duplicate, not a new epoch. */
const mayFall: ReadonlySet<string> = new Set(['packets_lost'])

const plain = ['sequence', 'epoch', 'codec AS stated_codec', 'limitation', 'muted', 'checksum', 'expires_at'].join(', ')

/**
 * Interval and whole-call samples, one row each, `ms` long. Keys are the right side of `(minute, tenant, correlation_id)
 * IN`: the minutes asked for (asked-minutes.ts) unless others are given. `mayBeOld`: see raw-samples.ts.
 */
export const intervalSamples = (mayBeOld: boolean, keys: string = askedKeys): string => `
  SELECT ${identity}, toUnixTimestamp64Milli(interval_end) AS end_ms, toInt64(interval_ms) AS ms,
    ${counters.join(', ')}, ${gauges.join(', ')}, jitter_buffer_tenth_ms, ${plain}
  FROM ${samplesWhere(`(minute, tenant, correlation_id) IN ${keys}`, mayBeOld)}
  WHERE scope != 'cumulative'`

/**
 * Cumulative samples of the minutes asked for as such (or of other keys, given with the minutes before them), differenced
 * over (stream, observer, epoch) in order of interval end. The first of an epoch has no base; a fall is a new epoch; more than 60 s to the one before is unmeasured:
 * `ms` is 0 and every measure NULL, so that the row is counted and says nothing.
 */
export function cumulativeSamples(
  mayBeOld: boolean,
  counted: string = askedCounted,
  andBefore: string = askedCountedAndBefore,
): string {
  const buffer = ['jitter_buffer_total_ms', 'jitter_buffer_emitted']
  const lagged = [...counters, ...buffer].map((name) => `lagInFrame(toNullable(${name})) OVER epochs AS before_${name}`)
  const fell = counters.filter((name) => !mayFall.has(name)).map((name) => `ifNull(${name} < before_${name}, 0)`)
  return `
  SELECT ${identity}, end_ms, if(based, end_ms - assumeNotNull(before_end_ms), 0) AS ms,
    ${counters.map((name) => `if(based, toInt64(${name}) - toInt64(before_${name}), NULL) AS ${name}`).join(',\n    ')},
    ${gauges.map((name) => `if(based, ${name}, NULL) AS ${name}`).join(', ')},
    if(based AND ifNull(jitter_buffer_emitted > before_jitter_buffer_emitted, 0),
      toUInt32(greatest(0, intDivOrZero(10 * (toInt64(jitter_buffer_total_ms) - toInt64(before_jitter_buffer_total_ms)),
        toInt64(jitter_buffer_emitted) - toInt64(before_jitter_buffer_emitted)))), NULL) AS jitter_buffer_tenth_ms,
    ${plain}
  FROM (
    SELECT *, ifNull(end_ms - before_end_ms <= ${lookBackMs}, 0) AND end_ms > ifNull(before_end_ms, end_ms)
      AND NOT (${fell.join(' OR ')}) AS based
    FROM (
      SELECT *, toUnixTimestamp64Milli(interval_end) AS end_ms,
        lagInFrame(toNullable(toUnixTimestamp64Milli(interval_end))) OVER epochs AS before_end_ms,
        ${lagged.join(',\n        ')}
      FROM ${samplesWhere(`(minute, tenant, correlation_id) IN ${andBefore}`, mayBeOld)}
      WHERE scope = 'cumulative'
      WINDOW epochs AS (
        PARTITION BY tenant, correlation_id, leg_id, kind, direction, stream_id, observer, source, epoch
        ORDER BY interval_end, sequence ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE (minute, tenant, correlation_id) IN ${counted}
  )`
}

/**
 * Adds to each sample what the events of its own correlation id say: the codec in force on its leg where the sample names
 * none (the last stated before its end, else the first stated), and whether it is early media: what ended before the
 * answer, and not before the call began, which no media can: then the clock that says so is wrong, and the time is judged.
 */
export const withEventContext = (
  samples: string,
  { ids, shards }: { readonly ids: string; readonly shards: string } = { ids: askedIds, shards: askedShards },
): string => `
  SELECT samples.*, shard, scored_with, context_until, started_ms,
    answered_ms > 0 AND end_ms <= answered_ms AND end_ms > started_ms AS early,
    arrayFilter(event -> event.2 = '' OR event.2 = leg_id, codec_events) AS leg_codecs,
    toLowCardinality(multiIf(stated_codec != '', toString(stated_codec), empty(leg_codecs), '',
      arrayLast(event -> event.1 < end_ms, leg_codecs).3 != '', arrayLast(event -> event.1 < end_ms, leg_codecs).3,
      leg_codecs[1].3)) AS codec
  FROM (${samples}) AS samples
  LEFT JOIN (
    SELECT tenant, correlation_id, shard, started_ms, answered_ms, codec_events, scored_with, context_until
    FROM ${shards} AS ids LEFT JOIN (${eventContext(ids)}) AS events USING (tenant, correlation_id)
  ) AS context USING (tenant, correlation_id)`

/**
 * What scoring reads of the events of correlation ids (the right side of `(tenant, correlation_id) IN`): the start, the
 * answer, the codecs, a hash of all (0 where there is none, as of an id without events), and until when raw covers them.
 */
export const eventContext = (ids: string): string => `
    SELECT tenant, correlation_id,
      minIf(toUnixTimestamp64Milli(time), type IN ('call.started', 'conference.started')) AS started_ms,
      minIf(toUnixTimestamp64Milli(time), type = 'call.answered') AS answered_ms,
      arraySort(groupArrayIf((toUnixTimestamp64Milli(time), leg_id, toString(codec)), codec != '')) AS codec_events,
      if(started_ms = 0 AND answered_ms = 0 AND empty(codec_events), 0,
        cityHash64(started_ms, answered_ms, codec_events)) AS scored_with,
      minIf(expires_at, type IN ('call.started', 'conference.started', 'call.answered') OR codec != '') AS context_until
    FROM call_events FINAL
    WHERE (tenant, correlation_id) IN ${ids}
    GROUP BY tenant, correlation_id`

/**
 * Adds to each sample the time that it covers and the time that it counts for. An interval reaches back to the start of
 * the call at most. A millisecond counts once: of what the sample before it covers already (of the same view, epoch and minute,
 * in order of their ends) a sample counts nothing, so that a window of a minute which is sent every ten seconds counts for
 * ten. The first of a minute may reach back into the minute before, whose samples are not read here: where the samples
 * overlap, it counts for what lies within its own minute, or for as long as until the next one.
 */
export const withCountedTime = (samples: string): string => `
  SELECT *, if(span_ms > 0, ms / span_ms, 0) AS share FROM (
    SELECT * EXCEPT (reported_ms, before_end, next_end, next_start),
      multiIf(ifNull(before_end > end_ms - span_ms + ${joinToleranceMs}, 0), greatest(0, end_ms - assumeNotNull(before_end)),
        isNull(before_end) AND ifNull(next_start + ${joinToleranceMs} < end_ms AND next_end > end_ms, 0) AND end_ms - span_ms < minute_ms,
        least(span_ms, greatest(end_ms - minute_ms, assumeNotNull(next_end) - end_ms)),
        span_ms) AS ms
    FROM (
      SELECT *, 1000 * toInt64(toUnixTimestamp(minute)) AS minute_ms,
        lagInFrame(toNullable(end_ms)) OVER own AS before_end,
        leadInFrame(toNullable(end_ms)) OVER own AS next_end,
        leadInFrame(toNullable(end_ms - span_ms)) OVER own AS next_start
      FROM (
        SELECT * EXCEPT (ms), ms AS reported_ms,
          if(started_ms > 0 AND end_ms > started_ms, least(ms, end_ms - started_ms), ms) AS span_ms
        FROM (${samples})
      )
      WINDOW own AS (PARTITION BY ${identity}, epoch ORDER BY end_ms, sequence, checksum
        ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
    )
  )`

/** What is averaged over time, as [name, column]. Delays while the call rang are measures like any other; scores are not. */
const timedMeasures = [
  ['jitter', 'jitter_tenth_ms'],
  ['round_trip', 'round_trip_tenth_ms'],
  ['delay', 'one_way_delay_tenth_ms'],
] as const
const scores = [
  ['listening', 'computed', 'mos_listening'],
  ['conversational', 'computed', 'mos_conversational'],
  ['listening', 'reported', 'mos_listening_hundredths'],
  ['conversational', 'reported', 'mos_conversational_hundredths'],
] as const

/** A codec row as scores are tallied by it. */
export interface TalliedRow {
  readonly key: string
  readonly band: 'N' | 'W' | 'F'
  readonly grounded: boolean
}

/** Value and weight columns of one measure, plain integers: aggregates over NULLs cost twice as much. */
const weighed = (column: string, counts: string): readonly string[] => [
  `if(${counts}, ifNull(${column}, 0), 0) AS ${column}_value`,
  `if(${counts}, toUInt64(greatest(ms, 0)), 0) AS ${column}_ms`,
]

const names = (rows: readonly TalliedRow[]): string => rows.map(({ key }) => text(key)).join(', ')

/** Without a packet there is no jitter: what is reported then is a gauge that kept its last value. */
const isKnown = (column: string): string =>
  column === 'jitter_tenth_ms'
    ? 'isNotNull(jitter_tenth_ms) AND ifNull(packets_received != 0, 1)'
    : `isNotNull(${column})`

/** Scored samples with weights, and the codec row as a number: a tally's key is that number by four, plus its score. */
const weighedLayer = (scored: string, rows: readonly TalliedRow[]): string => `SELECT *,
    toUInt16(4 * transform(codec_row, [${names(rows)}], [${rows.map((_, at) => at + 1).join(', ')}], 0)) AS tally_key,
    ${[
      ...timedMeasures.flatMap(([, column]) => weighed(column, isKnown(column))),
      ...scores.flatMap(([, , column]) => weighed(column, `isNotNull(${column}) AND NOT early`)),
    ].join(',\n    ')}
  FROM (${scored})`

/** `min` of a measure that was never known. */
const unset = 4_294_967_295

const timed = ([, column]: (typeof timedMeasures)[number]): readonly string[] => [
  `sum(${column}_ms)`,
  `sum(toUInt64(${column}_value) * ${column}_ms)`,
  `min(if(${column}_ms > 0, ${column}_value, ${unset}))`,
  `max(${column}_value)`,
]

/** Counts of the time that samples count for: of a window that overlaps the one before, its share. */
const sharedOf = (name: string): string => `toInt64(floor(${name} * share))`
const sumKnown = (name: string): string => `sumOrNull(${sharedOf(name)})`

/** Aggregates in the order of call_minutes' columns from row_count to codecs. `sumOrNull`: unknown is not zero. */
const plainAggregates: readonly string[] = [
  ...[
    'count()',
    'sum(toUInt64(checksum))',
    'min(if(scored_with = 0, expires_at, least(expires_at, context_until)))',
    'sum(ms)',
  ],
  ...['packets_received', 'packets_sent', 'packets_lost', 'packets_discarded'].map(sumKnown),
  // greatest(0, NULL) is 0: what was not counted would count as nothing expected.
  `sumIfOrNull(greatest(0, assumeNotNull(${sharedOf('packets_received')}) + assumeNotNull(${sharedOf('packets_lost')})),
      isNotNull(packets_received) AND isNotNull(packets_lost))`,
  ...timedMeasures.flatMap(timed),
  ...['concealed_samples', 'silent_concealed_samples', 'samples_received'].map(sumKnown),
  ...['frames_decoded', 'frames_dropped', 'freeze_count', 'freezes_ms'].map(sumKnown),
  ...['max(frame_width)', 'max(frame_height)'],
  ...["sumIf(ms, limitation = 'cpu')", "sumIf(ms, limitation = 'bandwidth')", 'sumIf(ms, muted = 1)'],
  "arraySort(groupUniqArrayIf(codec, codec != ''))",
]

const ofScores = (value: (column: string, source: 'computed' | 'reported') => string): string =>
  `[${scores.map(([, source, column]) => value(column, source)).join(', ')}]`

const tallyKeys = `[${scores.map((_, at) => `tally_key + ${at}`).join(', ')}]`

/** One tally per key that has time: (kind, band, source, codec row, grounded, ms, hundredths x ms, min, max, extrapolated ms). */
function tallies(rows: readonly TalliedRow[]): string {
  const list = (values: readonly (string | number)[]) => `[${values.join(', ')}]`
  const kinds = list(scores.map(([kind]) => text(kind)))
  const sources = list(scores.map(([, source]) => text(source)))
  const bands = list([text('N'), ...rows.map(({ band }) => text(band))])
  const keys = list([text(''), ...rows.map(({ key }) => text(key))])
  const grounded = list([0, ...rows.map((row) => (row.grounded ? 1 : 0))])
  const computed = '(key % 4) < 2'
  return `arrayFilter(t -> t.6 > 0, arrayMap((key, time, value, extra) -> (
      ${kinds}[key % 4 + 1], ${bands}[intDiv(key, 4) + 1], ${sources}[key % 4 + 1],
      if(${computed}, ${keys}[intDiv(key, 4) + 1], ''), if(${computed}, ${grounded}[intDiv(key, 4) + 1], 1),
      time, value, least.2[indexOf(least.1, key)], most.2[indexOf(most.1, key)], extra),
    tally.1, tally.2, tally.3, tally.4))`
}

/**
 * Runs of an array of pieces `(from, to, mask)`: sorted, joined where the mask is one and nothing lies between. The array
 * is walked beside itself moved on by one: a lambda that captures the whole array would copy it for every element.
 */
export const runsOf = (pieces: string): string => `
    arrayMap(run -> (run[1].1, arrayMax(piece -> piece.2, run), run[1].3),
      arraySplit((piece, before) -> piece.3 != before.3 OR piece.1 - before.2 > ${joinToleranceMs},
        ${pieces}, arraySlice(arrayPushFront(${pieces}, ${pieces}[1]), 1, length(${pieces}))))`

/**
 * The INSERT that makes minutes again from scored samples, one row per (minute, stream, observer, scope, source). Short-circuit
 * evaluation would score shared expressions again for every branch that reads them: measured 150 times slower. Compiling
 * expressions costs more than a recompute of a few minutes takes.
 */
export const insertMinutes = (scored: string, stamp: MinuteStamp): string => `
INSERT INTO call_minutes
SELECT ${identity}, ${stamp.version},
  column_shard,
  ${plainAggregates.map((_, at) => `column_${at}`).join(', ')},
  ${tallies(stamp.codecRows)}, ${runsOf('pieces')}, '${stamp.formulaVersion}', '${stamp.profileVersion}',
  column_scored_with
FROM (
  SELECT ${identity}, any(shard) AS column_shard, any(scored_with) AS column_scored_with,
    ${plainAggregates.map((expression, at) => `${expression} AS column_${at}`).join(',\n    ')},
    sumMap(${tallyKeys}, ${ofScores((column) => `${column}_ms`)},
      ${ofScores((column) => `toUInt64(${column}_value) * ${column}_ms`)},
      ${ofScores((column, source) => (source === 'computed' ? `if(extrapolated, ${column}_ms, 0)` : 'toUInt64(0)'))}) AS tally,
    minMap(${tallyKeys}, ${ofScores((column) => `if(${column}_ms > 0, toUInt16(${column}_value), 65535)`)}) AS least,
    maxMap(${tallyKeys}, ${ofScores((column) => `if(${column}_ms > 0, toUInt16(${column}_value), 0)`)}) AS most,
    arraySort(groupArrayIf((end_ms - span_ms, end_ms, toUInt16(mask)), span_ms > 0)) AS pieces
  FROM (${weighedLayer(scored, stamp.codecRows)})
  GROUP BY ${identity}
)
SETTINGS short_circuit_function_evaluation = 'disable', compile_expressions = 0,
  optimize_and_compare_chain = 0, optimize_aggregators_of_group_by_keys = 0`

export interface MinuteStamp {
  readonly version: number
  readonly codecRows: readonly TalliedRow[]
  readonly formulaVersion: string
  readonly profileVersion: string
}
