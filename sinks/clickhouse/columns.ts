import type { NativeNumber, NativeType } from '#contracts/raw-tables.ts'
import type { Cell } from '#contracts/warehouse.ts'

/** A column by ClickHouse's name and type. */
export interface ColumnType {
  readonly name: string
  readonly type: NativeType
}

/** Rows kept as columns, outside of the heap, in the bytes of ClickHouse's Native format. */
export interface Columns {
  readonly length: number
  /**
   * Adds a row, of one cell for each column. Returns what is wrong, by name of the column, when a value does not fit its
   * type (written down it would be another value); then nothing is added.
   */
  append(cells: readonly Cell[]): string | undefined
  /** The cells of a row as they were added. */
  cells(row: number): Cell[]
  /**
   * All rows as one block, without the columns that are NULL throughout: a fifth of an insert's cost. Reading it costs the
   * engine a seventh of what text does, and writing it half (docs/decisions/0016-samples-travel-as-columns.md).
   * Source: ClickHouse documentation, Interfaces / Formats / Native, and Native protocol / Data types.
   */
  block(): Block
}

export interface Block {
  /** Names of the columns that it has. */
  readonly names: readonly string[]
  readonly bytes: Buffer
}

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

const leastRoom = 256
/** Room for a short text in each row. */
const firstText = 16

/** `rows`: about how many are expected; there is room for any number. */
export function createColumns(types: readonly ColumnType[], rows = leastRoom): Columns {
  let room = Math.max(rows, leastRoom)
  const columns = types.map((type) => createColumn(type, room))
  let length = 0

  return {
    get length() {
      return length
    },
    append(cells) {
      if (length === room) {
        room *= 2
        for (const column of columns) makeRoom(column, room)
      }
      for (let at = 0; at < columns.length; at++) {
        const column = columns[at] as Column
        const fits = column.kind === 'text' ? putText(column, length, cells[at]) : putNumber(column, length, cells[at])
        if (!fits) return `${column.name}: not a ${column.kind === 'text' ? 'text' : column.type}`
      }
      length++
      return undefined
    },
    cells: (row) => columns.map((column) => (column.kind === 'text' ? textAt(column, row) : numberAt(column, row))),
    block() {
      const used = columns.filter((column) => column.isUsed)
      const head = [lengthPrefix(used.length), lengthPrefix(length)]
      const parts = used.flatMap((column) => [named(column.name), named(column.type), ...bytesOf(column, length)])
      return { names: used.map(({ name }) => name), bytes: Buffer.concat([...head, ...parts]) }
    },
  }
}

interface TextColumn extends ColumnType {
  readonly kind: 'text'
  readonly isUsed: true
  /** Texts one after another, each behind its length. */
  bytes: Buffer
  /** Where the text of each row ends. */
  ends: Uint32Array<ArrayBuffer>
}

interface NumberColumn extends ColumnType {
  readonly kind: 'number'
  readonly least: number
  readonly most: number
  readonly isNullable: boolean
  /** A value that is not NULL has been seen, or must be. */
  isUsed: boolean
  nulls: Uint8Array<ArrayBuffer>
  /** Two of 32 bits each for 64: low, then high. Little-endian, as is every machine that Node runs on. */
  values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>
  readonly isWide: boolean
}

type Column = TextColumn | NumberColumn

function createColumn({ name, type }: ColumnType, rows: number): Column {
  if (type === 'String') {
    const bytes = Buffer.allocUnsafeSlow(rows * firstText)
    return { kind: 'text', name, type, isUsed: true, bytes, ends: new Uint32Array(rows) }
  }
  const isNullable = type.startsWith('Nullable(')
  const [bytes, least, most] = numbers[(isNullable ? type.slice('Nullable('.length, -1) : type) as NativeNumber]
  const Values = bytes === 1 ? Uint8Array : bytes === 2 ? Uint16Array : Uint32Array
  return {
    ...{ kind: 'number', name, type, least, most, isNullable, isUsed: !isNullable },
    nulls: new Uint8Array(isNullable ? rows : 0),
    values: new Values(bytes === 8 ? 2 * rows : rows),
    isWide: bytes === 8,
  }
}

function makeRoom(column: Column, rows: number): void {
  if (column.kind === 'text') {
    column.ends = larger(column.ends, rows)
    return
  }
  if (column.isNullable) column.nulls = larger(column.nulls, rows)
  column.values = larger(column.values, column.isWide ? 2 * rows : rows)
}

function larger<Values extends NumberColumn['values']>(values: Values, length: number): Values {
  const grown = new (values.constructor as new (length: number) => Values)(length)
  grown.set(values)
  return grown
}

function putNumber(column: NumberColumn, row: number, value: Cell | undefined): boolean {
  if (value === null && column.isNullable) {
    // What stands in the place of a NULL is read by nobody, but must be there; a row refused before may have left some.
    column.nulls[row] = 1
    setNumber(column, row, 0)
    return true
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < column.least || value > column.most) return false
  if (column.isNullable) {
    column.nulls[row] = 0
    column.isUsed = true
  }
  setNumber(column, row, value)
  return true
}

function setNumber({ values, isWide }: NumberColumn, row: number, value: number): void {
  if (isWide) {
    values[2 * row] = value
    values[2 * row + 1] = Math.floor(value / 0x1_0000_0000)
  } else values[row] = value
}

function numberAt({ values, nulls, isNullable, isWide, least }: NumberColumn, row: number): number | null {
  if (isNullable && nulls[row] === 1) return null
  if (!isWide) return values[row] as number
  const high = values[2 * row + 1] as number
  // Below zero where the type goes below it: the sign is in the high half.
  return (least < 0 ? high | 0 : high) * 0x1_0000_0000 + (values[2 * row] as number)
}

/** Longer texts are rare, and their length takes more than one byte. */
const shortText = 128
/** LEB128 of 32 bits. */
const longestPrefix = 5

const endOf = ({ ends }: TextColumn, rows: number): number => (rows === 0 ? 0 : (ends[rows - 1] as number))

/** Short texts of ASCII, which nearly all are, are copied here: a call into Node costs more than the loop. */
function putText(column: TextColumn, row: number, value: Cell | undefined): boolean {
  if (typeof value !== 'string') return false
  const start = endOf(column, row)
  // No character takes more than three bytes for each of its UTF-16 units.
  const most = start + longestPrefix + 3 * value.length
  if (most > column.bytes.length) {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * column.bytes.length, most))
    column.bytes.copy(grown, 0, 0, start)
    column.bytes = grown
  }
  column.ends[row] = shortAsciiEnd(column.bytes, start, value) ?? longEnd(column.bytes, start, value)
  return true
}

/** Where the text ends that was written; undefined: it is not of that kind. */
function shortAsciiEnd(bytes: Buffer, start: number, value: string): number | undefined {
  const { length } = value
  if (length >= shortText) return undefined
  let to = start
  let seen = 0
  bytes[to++] = length
  for (let at = 0; at < length; at++) {
    const unit = value.charCodeAt(at)
    seen |= unit
    bytes[to++] = unit
  }
  return seen < 0x80 ? to : undefined
}

function longEnd(bytes: Buffer, start: number, value: string): number {
  const prefix = lengthPrefix(Buffer.byteLength(value))
  prefix.copy(bytes, start)
  return start + prefix.length + bytes.write(value, start + prefix.length)
}

function textAt(column: TextColumn, row: number): string {
  let start = endOf(column, row)
  while ((column.bytes[start] as number) >= 0x80) start++
  return column.bytes.toString('utf8', start + 1, column.ends[row])
}

/** LEB128, as all lengths are. */
function lengthPrefix(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}

function named(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([lengthPrefix(bytes.length), bytes])
}

function bytesOf(column: Column, rows: number): readonly Uint8Array[] {
  if (column.kind === 'text') return [column.bytes.subarray(0, endOf(column, rows))]
  const { values, isWide, isNullable, nulls } = column
  const bytes = new Uint8Array(values.buffer, 0, (isWide ? 2 * rows : rows) * values.BYTES_PER_ELEMENT)
  return isNullable ? [nulls.subarray(0, rows), bytes] : [bytes]
}
