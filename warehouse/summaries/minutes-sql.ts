import { keyList, textKeys } from '../literal.ts'

/** `(minute in epoch seconds, tenant, correlation id)`, as quality_samples is sorted. */
export type MinuteKey = readonly [minuteSeconds: number, tenant: string, correlationId: string]

const minuteKeys = (keys: readonly MinuteKey[]): string => keyList(['DateTime', 'String', 'String'], keys)

/** Longest look back from a running counter to the one before it (docs/architecture.md, promise 2). Longer gaps are unmeasured. */
const lookBackMs = 60_000

const identity = 'tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope'

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

const plain = ['codec AS stated_codec', 'limitation', 'muted', 'checksum', 'expires_at'].join(', ')

/** Interval and whole-call samples of these minutes, one row each, `ms` long. */
export const intervalSamples = (keys: readonly MinuteKey[]): string => `
  SELECT ${identity}, toUnixTimestamp64Milli(interval_end) AS end_ms, toInt64(interval_ms) AS ms,
    ${counters.join(', ')}, ${gauges.join(', ')}, jitter_buffer_tenth_ms, ${plain}
  FROM quality_samples FINAL
  WHERE (minute, tenant, correlation_id) IN ${minuteKeys(keys)} AND scope != 'cumulative'`

/**
 * Cumulative samples of these minutes, differenced over (stream, observer, epoch) in order of interval end. The first of
 * an epoch has no base; a fall is a new epoch; more than 60 s to the one before is unmeasured: `ms` is 0 and every
 * measure NULL, so that the row is counted and says nothing.
 */
export function cumulativeSamples(keys: readonly MinuteKey[]): string {
  const withBefore = [...new Map([...keys, ...keys.map(before)].map((key) => [key.join('\u0000'), key])).values()]
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
      FROM quality_samples FINAL
      WHERE (minute, tenant, correlation_id) IN ${minuteKeys(withBefore)} AND scope = 'cumulative'
      WINDOW epochs AS (
        PARTITION BY tenant, correlation_id, leg_id, kind, direction, stream_id, observer, epoch
        ORDER BY interval_end, sequence ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE (minute, tenant, correlation_id) IN ${minuteKeys(keys)}
  )`
}

const before = ([minuteSeconds, tenant, id]: MinuteKey): MinuteKey => [minuteSeconds - 60, tenant, id]

/**
 * Adds to each sample what the events of its own correlation id say: the codec in force on its leg where the sample names
 * none (the last stated before its end, else the first stated), and whether it ended before the answer.
 */
export const withEventContext = (samples: string, ids: readonly (readonly [string, string])[]): string => `
  SELECT samples.*,
    answered_ms > 0 AND end_ms <= answered_ms AS early,
    arrayFilter(event -> event.2 = '' OR event.2 = leg_id, codec_events) AS leg_codecs,
    toLowCardinality(multiIf(stated_codec != '', toString(stated_codec), empty(leg_codecs), '',
      arrayLast(event -> event.1 < end_ms, leg_codecs).3 != '', arrayLast(event -> event.1 < end_ms, leg_codecs).3,
      leg_codecs[1].3)) AS codec
  FROM (${samples}) AS samples
  LEFT JOIN (
    SELECT tenant, correlation_id,
      minIf(toUnixTimestamp64Milli(time), type = 'call.answered') AS answered_ms,
      arraySort(groupArrayIf((toUnixTimestamp64Milli(time), leg_id, toString(codec)), codec != '')) AS codec_events
    FROM call_events FINAL
    WHERE (tenant, correlation_id) IN ${textKeys(ids)}
    GROUP BY tenant, correlation_id
  ) AS context USING (tenant, correlation_id)`

/** Sum that stays NULL when nothing was known: unknown is not zero. */
const sumKnown = (expression: string): string => `sumOrNull(${expression})`

/** Value and weight columns of one measure, plain integers: aggregates over NULLs cost twice as much. */
const weighed = (name: string, column: string, counts: string): readonly string[] => [
  `ifNull(${column}, 0) AS ${name}_value`,
  `if(${counts}, greatest(ms, 0), 0) AS ${name}_ms`,
]

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

const weighedLayer = (scored: string): string => `SELECT *,
    ${[
      ...timedMeasures.flatMap(([name, column]) => weighed(name, column, `isNotNull(${column})`)),
      ...scores.flatMap(([, , column]) => weighed(column, column, `isNotNull(${column}) AND NOT early`)),
    ].join(',\n    ')}
  FROM (${scored})`

const unset = 4_294_967_295

const timed = ([name]: (typeof timedMeasures)[number]): readonly string[] => [
  `sum(${name}_ms) AS ${name}_weight_ms`,
  `sum(toUInt64(${name}_value) * ${name}_ms) AS ${name}_tenth_ms_sum`,
  `min(if(${name}_ms > 0, ${name}_value, ${unset})) AS ${name}_min`,
  `max(${name}_value) AS ${name}_max`,
]

function tally([kind, source, value]: (typeof scores)[number]): string {
  const computed = source === 'computed'
  return `('${kind}', any(if(band = '', 'N', band)), '${source}', ${computed ? 'codec_row' : "''"}, ${computed ? 'any(grounded)' : '1'},
      sum(${value}_ms), sum(toUInt64(${value}_value) * ${value}_ms),
      min(if(${value}_ms > 0, ${value}_value, 65535)), max(if(${value}_ms > 0, ${value}_value, 0)),
      ${computed ? `sum(if(extrapolated, ${value}_ms, 0))` : '0'})`
}

/** One row per (minute, stream, observer, scope, codec row) of scored samples. */
const byCodec = (scored: string): string => `
  SELECT ${identity}, codec_row,
    count() AS row_count, sum(toUInt64(checksum)) AS checksum_sum, min(expires_at) AS raw_until, sum(ms) AS measured_ms,
    ${counters.map((name) => `${sumKnown(name)} AS sum_${name}`).join(', ')},
    ${sumKnown('greatest(0, toInt64(packets_received) + toInt64(packets_lost))')} AS packets_expected,
    ${timedMeasures.flatMap(timed).join(',\n    ')},
    max(frame_width) AS widest, max(frame_height) AS highest,
    sumIf(ms, limitation = 'cpu') AS cpu_limited_ms, sumIf(ms, limitation = 'bandwidth') AS bandwidth_limited_ms,
    sumIf(ms, muted = 1) AS muted_ms,
    groupUniqArrayIf(codec, codec != '') AS codecs,
    arrayFilter(t -> t.6 > 0, [${scores.map(tally).join(',\n    ')}]) AS tallies,
    groupArrayIf((end_ms - ms, end_ms, toUInt16(mask)), ms > 0) AS pieces
  FROM (${weighedLayer(scored)})
  GROUP BY ${identity}, codec_row`

const weightedMin = (name: string): string =>
  `minIf(${name}_min, ${name}_weight_ms > 0) AS ${name}_min_, maxIf(${name}_max, ${name}_weight_ms > 0) AS ${name}_max_`

/** Adjacent pieces with one mask become one run. Ends of intervals jitter by some milliseconds. */
export const joinToleranceMs = 100

/**
 * Runs of an array of pieces `(from, to, mask)`: sorted, joined where the mask is one and nothing lies between. The array
 * is walked beside itself moved on by one: a lambda that captures the whole array would copy it for every element.
 */
export const runsOf = (pieces: string): string => `
    arrayMap(run -> (run[1].1, run[-1].2, run[1].3),
      arraySplit((piece, before) -> piece.3 != before.3 OR piece.1 - before.2 > ${joinToleranceMs},
        ${pieces}, arraySlice(arrayPushFront(${pieces}, ${pieces}[1]), 1, length(${pieces}))))`

/**
 * The INSERT that makes minutes again from scored samples. `shards` gives each `tenant NUL id` its shard. Short-circuit
 * evaluation would score shared expressions again for every branch that reads them: measured 150 times slower.
 */
export const insertMinutes = (
  scored: string,
  { version, shards, formulaVersion, profileVersion }: MinuteStamp,
): string => `
INSERT INTO call_minutes
SELECT tenant, correlation_id, minute, leg_id, kind, direction, stream_id, observer, scope, ${version} AS version,
  toUInt8(transform(concat(toString(tenant), '\\0', correlation_id), [${shards.keys}], [${shards.values}], 0)) AS shard,
  rows_, checksums_, until_, measured_,
  ${['packets_received', 'packets_sent', 'packets_lost', 'packets_discarded'].map((name) => `${name}_`).join(', ')}, expected_,
  jitter_w, jitter_s, jitter_min_, jitter_max_, round_trip_w, round_trip_s, round_trip_min_, round_trip_max_,
  delay_w, delay_s, delay_min_, delay_max_,
  concealed_samples_, silent_concealed_samples_, samples_received_,
  frames_decoded_, frames_dropped_, freeze_count_, freezes_ms_, widest_, highest_,
  cpu_, bandwidth_, muted_, codecs_, tallies_, ${runsOf('pieces_')} AS runs, '${formulaVersion}', '${profileVersion}'
FROM (
  SELECT ${identity},
    sum(row_count) AS rows_, sum(checksum_sum) AS checksums_, min(raw_until) AS until_, sum(measured_ms) AS measured_,
    ${counters.map((name) => `sumOrNull(sum_${name}) AS ${name}_`).join(', ')}, sumOrNull(packets_expected) AS expected_,
    sum(jitter_weight_ms) AS jitter_w, sum(jitter_tenth_ms_sum) AS jitter_s, ${weightedMin('jitter')},
    sum(round_trip_weight_ms) AS round_trip_w, sum(round_trip_tenth_ms_sum) AS round_trip_s, ${weightedMin('round_trip')},
    sum(delay_weight_ms) AS delay_w, sum(delay_tenth_ms_sum) AS delay_s, ${weightedMin('delay')},
    max(widest) AS widest_, max(highest) AS highest_,
    sum(cpu_limited_ms) AS cpu_, sum(bandwidth_limited_ms) AS bandwidth_, sum(muted_ms) AS muted_,
    arraySort(arrayDistinct(arrayFlatten(groupArray(codecs)))) AS codecs_,
    arraySort(arrayFlatten(groupArray(tallies))) AS tallies_,
    arraySort(arrayFlatten(groupArray(pieces))) AS pieces_
  FROM (${byCodec(scored)})
  GROUP BY ${identity}
)
SETTINGS short_circuit_function_evaluation = 'disable'`

export interface MinuteStamp {
  readonly version: number
  readonly shards: { readonly keys: string; readonly values: string }
  readonly formulaVersion: string
  readonly profileVersion: string
}
