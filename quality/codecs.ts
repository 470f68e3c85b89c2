import type { MosBand } from '#contracts/call-record.ts'
import { codecRows } from './codec-rows.ts'

/** One line of a codec table: what a codec costs, and where that is written. */
export interface CodecRow {
  /** Stable name, stored with every MOS computed from the row. */
  readonly key: string
  readonly band: MosBand
  /** Equipment impairment factor on the band's scale; undefined where no value is confirmed: such a row gives no MOS. */
  readonly ie: number | undefined
  /** Packet-loss robustness; undefined where none is listed: such a row gives no MOS under loss. */
  readonly bpl: number | undefined
  /** Length of one codec frame and of the algorithm's look-ahead, milliseconds. */
  readonly frameMs: number
  readonly lookaheadMs: number
  /** Speech that one packet usually carries, milliseconds. */
  readonly packetMs: number
  /** True for values published for this codec or configured by the operator; false for stand-ins and gaps. */
  readonly grounded: boolean
  /** Document that `ie` and `bpl` come from. */
  readonly source: string
  /** RTP clock rates, Hz, as they follow the name in SDP ("PCMU/8000"). */
  readonly clockRates: readonly number[]
  /** Names seen in the field, as normalizeCodecName writes them. */
  readonly names: readonly string[]
  /** Key of the row that holds instead when the receiver is known to conceal losses. */
  readonly concealing?: string
}

/** Values an operator may set for a row, e.g. from own listening tests. They count as grounded. */
export interface CodecOverride {
  readonly row: string
  readonly ie: number
  readonly bpl?: number | undefined
}

/** Coder delay, ms: frames of one packet, one frame more for the coder itself, look-ahead. ITU-T G.114 annex A. */
export function codecDelayMs({ frameMs, packetMs, lookaheadMs }: CodecRow): number {
  return packetMs + frameMs + lookaheadMs
}

/**
 * A codec name as producers write it, reduced to lower-case letters and digits: "audio/opus" and "OPUS" are one. SDP
 * parameters are dropped, but for annexb=no, which changes the codec. ASCII only, so that SQL gives the same.
 */
export function normalizeCodecName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9;=]/g, '').toLowerCase()
  const base = plain
    .replace(/;.*/, '')
    .replace(/[;=]/g, '')
    .replace(/^audio/, '')
  return plain.includes(';annexb=no') ? `${base}annexbno` : base
}

/** ClickHouse expression equal to normalizeCodecName. `name` is a String expression. */
export function normalizeCodecNameSql(name: string): string {
  const plain = `lower(replaceRegexpAll(${name}, '[^A-Za-z0-9;=]', ''))`
  const base = `replaceRegexpOne(replaceRegexpAll(replaceRegexpOne(${plain}, ';.*', ''), '[;=]', ''), '^audio', '')`
  return `concat(${base}, if(position(${plain}, ';annexb=no') > 0, 'annexbno', ''))`
}

/** Every normalised name that leads to a row, in a fixed order. What TypeScript and SQL both look names up in. */
export function codecAliases(rows: readonly CodecRow[]): ReadonlyMap<string, CodecRow> {
  const aliases = new Map<string, CodecRow>()
  for (const row of rows) {
    for (const name of [normalizeCodecName(row.key), ...row.names]) {
      const clocked = row.clockRates.flatMap((rate) => ['', '1', '2'].map((channels) => `${name}${rate}${channels}`))
      for (const alias of [name, ...clocked]) {
        const taken = aliases.get(alias)
        if (taken !== undefined && taken !== row)
          throw new Error(`codec name ${alias} leads to ${taken.key} and ${row.key}`)
        aliases.set(alias, row)
      }
    }
  }
  return aliases
}

/** The table with an operator's own values put in. Unknown rows are refused: they would silently change nothing. */
export function withOverrides(overrides: readonly CodecOverride[], rows = codecRows): readonly CodecRow[] {
  const known = new Set(rows.map(({ key }) => key))
  const stray = overrides.find(({ row }) => !known.has(row))
  if (stray !== undefined) throw new Error(`no codec row named ${stray.row}; there are ${[...known].join(', ')}`)
  return rows.map((row) => {
    const own = overrides.find((override) => override.row === row.key)
    return own === undefined
      ? row
      : { ...row, ie: own.ie, bpl: own.bpl, grounded: true, source: 'configured by the operator' }
  })
}

const standardAliases = codecAliases(codecRows)

/** The row of a codec name as seen in the field, or undefined: unknown, or no speech codec (telephone-event, CN). */
export function findCodec(name: string): CodecRow | undefined {
  return standardAliases.get(normalizeCodecName(name))
}

/** A look-up over a profile's table that remembers names: codec names repeat for every interval of a stream. */
export function createCodecFinder(rows: readonly CodecRow[]): (name: string) => CodecRow | undefined {
  const aliases = codecAliases(rows)
  // Names come from outside; past this many distinct spellings they are looked up afresh instead of kept.
  const maxRemembered = 1_000
  const remembered = new Map<string, CodecRow | undefined>()
  return function findRow(name) {
    const known = remembered.get(name)
    if (known !== undefined || remembered.has(name)) return known
    const row = aliases.get(normalizeCodecName(name))
    if (remembered.size < maxRemembered) remembered.set(name, row)
    return row
  }
}
