import { intervalMask } from '#contracts/interval-mask.ts'
import { observerPrecedence } from './streams.ts'

const quoted = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(', ')}]`

const rankBy = (direction: 'send' | 'receive'): string => {
  const names = observerPrecedence[direction]
  return `transform(toString(observer), ${quoted(names)}, [${names.map((_, at) => at).join(', ')}], ${names.length})`
}

/**
 * How little a minute's view of its stream is believed, as in streams.ts: one view of a stream counts for talk time, that
 * of the least rank. A ClickHouse expression over columns of `call_minutes`.
 */
export const viewRankSql = `toUInt16(if(isNull(packets_received) AND isNull(frames_decoded), 100, 0)
    + if(kind = 'audio' AND NOT arrayExists((source_, grounded_) -> source_ = 'computed' AND grounded_ = 1, mos.source, mos.grounded), 50, 0)
    + if(scope = 'call', 10, 0) + if(direction = 'receive', ${rankBy('receive')}, ${rankBy('send')}))`

/** Milliseconds of a minute's runs that were degraded or worse by MOS: a ClickHouse expression over an array of runs. */
export const belowMsSql = (runs: string): string =>
  `arraySum(run -> if(bitAnd(run.3, ${intervalMask.mosDegraded}) > 0, run.2 - run.1, 0), ${runs})`
