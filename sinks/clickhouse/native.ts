import { LastingError } from '#contracts/errors.ts'
import type { NativeNumber, NativeType } from '#contracts/raw-tables.ts'
import type { Cell } from '#contracts/warehouse.ts'

/** A column of a block: its type in ClickHouse's words, and where its values are in `RawRow.cells`. */
export interface NativeColumn {
  readonly name: string
  readonly type: NativeType
  readonly cell: number
}

type Rows = readonly { readonly cells: readonly Cell[] }[]

/** Bytes, least and greatest value. Of 64 bits what a JavaScript number tells exactly. */
const numbers: Readonly<Record<NativeNumber, readonly [bytes: 1 | 2 | 4 | 8, least: number, most: number]>> = {
  UInt8: [1, 0, 0xff],
  UInt16: [2, 0, 0xffff],
  UInt32: [4, 0, 0xffff_ffff],
  UInt64: [8, 0, Number.MAX_SAFE_INTEGER],
  Int64: [8, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  DateTime: [4, 0, 0xffff_ffff],
  "DateTime64(3, 'UTC')": [8, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
}

/**
 * One block in ClickHouse's Native format: column after column, little-endian. Reading it costs the engine a seventh of
 * what text does, and writing it half (docs/decisions/0020-samples-travel-as-columns.md).
 * Source: ClickHouse documentation, Interfaces / Formats / Native, and Native protocol / Data types.
 * Throws LastingError, naming the column, when a value does not fit its type: written down it would be another value.
 */
export function nativeBlock(columns: readonly NativeColumn[], rows: Rows): Buffer {
  const out = createWriter(64 * columns.length + 8 * columns.length * rows.length)
  out.count(columns.length)
  out.count(rows.length)
  for (const column of columns) {
    out.text(column.name)
    out.text(column.type)
    if (column.type === 'String') writeTexts(out, column, rows)
    else if (column.type.startsWith('Nullable(')) {
      writeNulls(out, column, rows)
      writeNumbers(out, column, column.type.slice('Nullable('.length, -1) as NativeNumber, rows)
    } else writeNumbers(out, column, column.type as NativeNumber, rows)
  }
  return out.written()
}

type Writer = ReturnType<typeof createWriter>

function writeTexts(out: Writer, { name, cell }: NativeColumn, rows: Rows): void {
  for (const { cells } of rows) {
    const value = cells[cell]
    if (typeof value !== 'string') throw new LastingError(`${name}: not a text`)
    out.text(value)
  }
}

function writeNulls(out: Writer, { cell }: NativeColumn, rows: Rows): void {
  const nulls = out.space(rows.length)
  let at = 0
  for (const { cells } of rows) nulls[at++] = cells[cell] === null ? 1 : 0
}

function writeNumbers(out: Writer, { name, type, cell }: NativeColumn, kind: NativeNumber, rows: Rows): void {
  const [bytes, least, most] = numbers[kind]
  const space = out.space(rows.length * bytes)
  const view = new DataView(space.buffer, space.byteOffset, space.byteLength)
  let to = 0
  for (const { cells } of rows) {
    // What stands in the place of a NULL is read by nobody, but must be there.
    const value = cells[cell] === null && kind !== type ? 0 : cells[cell]
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw new LastingError(`${name}: not a ${type}`)
    }
    if (bytes === 8) {
      view.setUint32(to, value, true)
      view.setUint32(to + 4, Math.floor(value / 0x1_0000_0000), true)
    } else if (bytes === 4) view.setUint32(to, value, true)
    else if (bytes === 2) view.setUint16(to, value, true)
    else space[to] = value
    to += bytes
  }
}

/** Longer texts are rare, and their length takes more than one byte. */
const shortText = 128

/** A buffer that grows. What `space` hands out is good until the next call. */
function createWriter(size: number) {
  let buffer = Buffer.allocUnsafe(size)
  let end = 0

  function need(bytes: number): void {
    if (end + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, end + bytes))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }

  /** LEB128, as all lengths are. */
  function count(value: number): void {
    need(5)
    let rest = value
    for (; rest >= 0x80; rest >>>= 7) buffer[end++] = (rest & 0x7f) | 0x80
    buffer[end++] = rest
  }

  return {
    count,
    /** Short texts of ASCII, which nearly all are, are copied here: a call into Node costs more than the loop. */
    text(value: string): void {
      const { length } = value
      if (length < shortText) {
        need(length + 1)
        let to = end
        let seen = 0
        buffer[to++] = length
        for (let at = 0; at < length; at++) {
          const unit = value.charCodeAt(at)
          seen |= unit
          buffer[to++] = unit
        }
        if (seen < 0x80) {
          end = to
          return
        }
      }
      const bytes = Buffer.byteLength(value)
      count(bytes)
      need(bytes)
      end += buffer.write(value, end)
    },
    space(bytes: number): Buffer {
      need(bytes)
      end += bytes
      return buffer.subarray(end - bytes, end)
    },
    written: (): Buffer => buffer.subarray(0, end),
  }
}
