import { beginningOf } from '#contracts/well-formed.ts'
import { isStat, type RtcStat } from '../getstats/rtc-stats.ts'
import { createDecompress, type Decompress, type DeltaFormat } from './delta-report.ts'
import type { DumpEntry, DumpRefusal, ReadDumpLine } from './dump-entry.ts'
import { refused } from './dump-entry.ts'
import { methodName } from './rtcstats-names.ts'

export interface DumpLineFormat {
  readonly delta: DeltaFormat
  /** `epoch`: each line ends with its time. `delta`: with the milliseconds since the line before; the first with its time. */
  readonly times: 'epoch' | 'delta'
}

/** PeerConnections of one dump whose last report is kept. A page that makes more is broken, or the file is. */
const maxPeerConnections = 1_000

interface DumpLine {
  readonly method: string
  readonly pc: string | undefined
  readonly value: unknown
  readonly atMs: number | undefined
}

/**
 * Lines of rtcstats dumps: `[method, peer connection, value, …, time]`. Jitsi writes names and epoch milliseconds; rtcstats
 * writes numbers for methods and properties, and differences of time. One reader serves both: each only knows more names.
 */
export function createDumpLineReader({ delta, times }: DumpLineFormat): ReadDumpLine {
  const readMethod = createMethodReaders(delta)
  let lastMs = 0

  return function readDumpLine(text) {
    const line = parse(text)
    if (line === undefined) return [refused('malformed_json', 'line: is not JSON')]
    if (!Array.isArray(line)) return [refused('invalid_schema', 'line: must be [method, peer connection, value, time]')]
    const entry = toEntry(readParts(line), readMethod)
    return entry === undefined ? [] : [entry]
  }

  function readParts(line: readonly unknown[]): DumpLine {
    const last = line.length > 3 ? line.at(-1) : undefined
    let atMs = typeof last === 'number' && Number.isFinite(last) ? last : undefined
    if (times === 'delta' && atMs !== undefined) atMs = lastMs += atMs
    const pc = line[1]
    return {
      method: methodName(line[0]),
      pc: typeof pc === 'string' && pc !== '' ? beginningOf(pc, 100) : typeof pc === 'number' ? String(pc) : undefined,
      value: line[2],
      atMs: atMs === undefined ? undefined : Math.round(atMs),
    }
  }
}

function toEntry(
  { method, pc, value, atMs }: DumpLine,
  readMethod: MethodReaders,
): DumpEntry | DumpRefusal | undefined {
  // The moment at which the dump was replayed or stored, not of the call.
  if (method === 'connectionInfo' || method === 'identity') return undefined
  const read = pc === undefined ? undefined : readMethod.get(method)
  if (atMs === undefined) {
    return read === undefined ? undefined : refused('invalid_schema', 'time: is missing at the end of the line')
  }
  if (pc !== undefined && read !== undefined) return read({ pc, value, atMs })
  if (method === 'conferenceStartTimestamp') {
    return { type: 'conference_started', atMs: typeof value === 'number' ? Math.round(value) : atMs }
  }
  return method.endsWith('OnFailure') ? failure({ method, pc, value, atMs }) : { type: 'moment', atMs }
}

interface OfConnection {
  readonly pc: string
  readonly value: unknown
  readonly atMs: number
}
type MethodReaders = ReadonlyMap<string, (of: OfConnection) => DumpEntry | DumpRefusal>

/** What is read of a PeerConnection's methods and events. */
function createMethodReaders(delta: DeltaFormat): MethodReaders {
  const reports = new Map<string, Decompress>()

  return new Map<string, (of: OfConnection) => DumpEntry | DumpRefusal>([
    ['getstats', readStats],
    ['getStats', readStats],
    ['create', create],
    ['constraints', topology],
    ['oniceconnectionstatechange', state('ice')],
    ['onconnectionstatechange', state('connection')],
    ['close', close],
  ])

  function create({ pc, atMs }: OfConnection): DumpEntry {
    reports.delete(pc)
    return { type: 'created', pc, atMs }
  }

  function close({ pc, atMs }: OfConnection): DumpEntry {
    reports.delete(pc)
    return { type: 'closed', pc, atMs }
  }

  function readStats({ pc, value, atMs }: OfConnection): DumpEntry | DumpRefusal {
    const known = reports.get(pc)
    if (known === undefined && reports.size >= maxPeerConnections) {
      return refused('too_large', `line: is of more than ${maxPeerConnections} peer connections`)
    }
    const decompress = known ?? createDecompress(delta)
    reports.set(pc, decompress)
    const whole = isStat(value) ? decompress(value) : undefined
    if (whole === undefined) return refused('invalid_schema', 'value: must be stats by id, at most 20000')
    return { type: 'stats', pc, atMs, ...whole }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const state =
  (layer: 'ice' | 'connection') =>
  ({ pc, value, atMs }: OfConnection): DumpEntry => ({
    type: 'state',
    pc,
    atMs,
    layer,
    state: typeof value === 'string' && /^[a-z-]{1,20}$/.test(value) ? value : 'unknown',
  })

/** Jitsi marks the PeerConnection to the other participant with a constraint of its own. */
function topology({ pc, value, atMs }: OfConnection): DumpEntry {
  const optional: unknown = isStat(value) ? value.optional : undefined
  const marks = Array.isArray(optional) ? optional.filter(isStat) : []
  const mark = marks.find(({ rtcStatsSFUP2P }: RtcStat) => typeof rtcStatsSFUP2P === 'boolean')
  return mark === undefined
    ? { type: 'moment', atMs }
    : { type: 'topology', pc, atMs, p2p: mark.rtcStatsSFUP2P === true }
}

function failure({ method, pc, value, atMs }: DumpLine & { readonly atMs: number }): DumpEntry {
  const text =
    typeof value === 'string' ? value : Array.isArray(value) ? value.find((item) => typeof item === 'string') : ''
  // A DOMException's name only: messages may hold addresses and device names.
  const error = /^[A-Z]\w{0,50}Error\b/.exec(String(text ?? ''))?.[0] ?? ''
  return { type: 'failed', pc, atMs, call: method.replace('navigator.mediaDevices.', '').slice(0, 60), error }
}
