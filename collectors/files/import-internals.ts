import { isStat, type RtcStat } from '../getstats/rtc-stats.ts'
import { createBrowserSession } from './browser-session.ts'
import { type DumpEntry, refused } from './dump-entry.ts'
import { type DumpIdentity, hash } from './dump-identity.ts'
import { type FileReader, type Found, foundAt, type ReaderParts } from './file-reader.ts'
import { type InternalsSeries, readSeries } from './internals-series.ts'
import { readDocument } from './read-lines.ts'

/**
 * An export of chrome://webrtc-internals: one JSON document, read whole. It holds the PeerConnections of all of a
 * browser's pages; those of one page (process and frame) are one call. Nothing in it names a call that others know.
 * The page only records while it is open, so that nothing proves where counters began: streams have no base.
 */
export const importInternals: FileReader = async function* importInternals(path, parts): AsyncGenerator<Found> {
  const text = await readDocument(path, parts.limits.maxDocumentBytes)
  if (text === undefined)
    return yield { line: 0, ...refused('too_large', 'file: is longer than this import reads whole') }
  const document = parse(text)
  if (!isStat(document))
    return yield { line: 0, ...refused('malformed_json', 'file: is not one JSON object, or is cut off') }
  const pages = pagesOf(isStat(document.PeerConnections) ? document.PeerConnections : {})
  if (pages.size === 0) parts.tally.note('no peer connection in this export: nothing of it is a call')
  for (const [page, connections] of pages) yield* importPage(page, connections, parts)
}

/** PeerConnections by page: their names are "<page>-<number>", the page being a process or frame. */
function pagesOf(connections: RtcStat): ReadonlyMap<string, readonly (readonly [string, RtcStat])[]> {
  const pages = new Map<string, (readonly [string, RtcStat])[]>()
  for (const [name, connection] of Object.entries(connections)) {
    if (!isStat(connection)) continue
    const page = `${name.replace(/-[^-]*$/, '')} ${String(connection.url ?? '')}`
    pages.set(page, [...(pages.get(page) ?? []), [name, connection]])
  }
  return pages
}

function* importPage(
  page: string,
  connections: readonly (readonly [string, RtcStat])[],
  { records, window, tally }: ReaderParts,
): Generator<Found> {
  const read = connections.map(([name, connection]) => ({ name, connection, series: readSeries(connection.stats) }))
  const untimed = read.reduce((sum, { series }) => sum + series.untimed, 0)
  if (untimed > 0) yield { line: 0, ...refused('invalid_schema', untimedDetail(untimed)) }
  const identity = identityOf(page, read)
  const session = createBrowserSession({
    identity,
    kind: 'call',
    source: `webrtc-internals/${identity.key}`,
    records,
    window,
    tally,
  })
  const entries = read.flatMap(({ name, connection, series }) => [
    ...updatesOf(name, connection.updateLog),
    ...statsOf(name, series),
  ])
  for (const entry of entries.sort((a, b) => a.atMs - b.atMs)) {
    for (const result of session.take(entry)) yield foundAt(0, result)
  }
  for (const result of session.finish({ cut: false })) yield foundAt(0, result)
}

const untimedDetail = (count: number): string =>
  `stats: ${count} have no times of their own; export with Chrome 117 or newer, which writes them`

function identityOf(
  page: string,
  read: readonly { readonly name: string; readonly series: InternalsSeries }[],
): DumpIdentity {
  const key = hash(JSON.stringify([page, ...read.map(({ name, series }) => [name, series.times[0] ?? 0])]))
  return {
    key,
    correlationId: `webrtc-internals-${key}`,
    confSessionId: undefined,
    legId: `page-${key}`,
    accountId: undefined,
    region: undefined,
    mediaNode: undefined,
  }
}

const layers: ReadonlyMap<unknown, 'ice' | 'connection'> = new Map([
  ['iceconnectionstatechange', 'ice'],
  ['connectionstatechange', 'connection'],
] as const)

/** State changes whose time is a fact: older exports write the reader's local time, which names no moment. */
function updatesOf(pc: string, log: unknown): DumpEntry[] {
  return (Array.isArray(log) ? log : []).filter(isStat).flatMap(({ time, type, value }): DumpEntry[] => {
    const atMs = typeof time === 'number' ? Math.round(time) : isoMs(time)
    const layer = layers.get(type)
    if (atMs === undefined) return []
    if (type === 'close') return [{ type: 'closed', pc, atMs }]
    if (layer === undefined || typeof value !== 'string') return [{ type: 'moment', atMs }]
    return [{ type: 'state', pc, atMs, layer, state: /[a-z-]+/.exec(value)?.[0] ?? 'unknown' }]
  })
}

const isoMs = (time: unknown): number | undefined =>
  typeof time === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) ? Date.parse(time) : undefined

function statsOf(pc: string, series: InternalsSeries): DumpEntry[] {
  const report = new Map<string, RtcStat>()
  return series.times.map((atMs): DumpEntry => {
    const changed = series.at(atMs)
    for (const [id, stat] of changed) report.set(id, stat)
    return { type: 'stats', pc, atMs, report: new Map(report), fresh: new Set(changed.keys()) }
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
