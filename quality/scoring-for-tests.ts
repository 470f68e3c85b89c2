import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { createChdbConnection } from 'chdb/connection'
import type { MeasuredInterval } from './score-interval.ts'
import { scoringInputs } from './score-interval-sql.ts'

/** A ClickHouse engine inside the test process, empty, in memory. Used by tests of this folder only. */
export function openMemoryWarehouse(): ClickHouseClient {
  type Options = NonNullable<Parameters<typeof createClient>[0]>
  // The client's published options do not name `connection`, which chdb's adapter is made for.
  const options = { connection: createChdbConnection({ path: ':memory:' }) } as unknown as Options
  return createClient(options)
}

type Input = (typeof scoringInputs)[number]
const fieldOf: Readonly<Record<Input, keyof MeasuredInterval>> = {
  kind: 'kind',
  codec: 'codec',
  early: 'early',
  packets_received: 'packetsReceived',
  packets_lost: 'packetsLost',
  packets_discarded: 'packetsDiscarded',
  jitter_tenth_ms: 'jitterTenthMs',
  round_trip_tenth_ms: 'roundTripTenthMs',
  one_way_delay_tenth_ms: 'oneWayDelayTenthMs',
  jitter_buffer_tenth_ms: 'jitterBufferTenthMs',
  concealed_samples: 'concealedSamples',
  silent_concealed_samples: 'silentConcealedSamples',
  samples_received: 'samplesReceived',
  burst_ratio_hundredths: 'burstRatioHundredths',
  frames_decoded: 'framesDecoded',
}

const typeOf = (input: Input): string => {
  if (input === 'kind') return 'LowCardinality(String)'
  if (input === 'codec') return 'String'
  if (input === 'early') return 'UInt8'
  return input === 'packets_lost' ? 'Nullable(Int32)' : 'Nullable(UInt32)'
}

/** Intervals as a `values(...)` table with the stored column types, in the order given (column `n`). */
export function intervalsAsTable(intervals: readonly MeasuredInterval[]): string {
  const structure = ['n UInt32', ...scoringInputs.map((input) => `${input} ${typeOf(input)}`)].join(', ')
  const cell = (value: MeasuredInterval[keyof MeasuredInterval]) => {
    if (value === undefined) return 'NULL'
    return typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : Number(value)
  }
  const rows = intervals.map(
    (interval, n) => `(${n}, ${scoringInputs.map((input) => cell(interval[fieldOf[input]])).join(', ')})`,
  )
  return `(SELECT * FROM values('${structure}', ${rows.join(', ')}))`
}
