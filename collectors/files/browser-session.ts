import type { NewRecord } from '#contracts/event-log.ts'
import { isLegacyReport, legacyDetail } from '../getstats/rtc-stats.ts'
import { readStreams } from '../getstats/streams.ts'
import { createConnectionLog } from './connection-log.ts'
import { type DumpEntry, type DumpRefusal, refused } from './dump-entry.ts'
import type { ImportWindow } from './import-window.ts'
import { createPeerConnections, type PeerConnections } from './peer-connections.ts'
import { createSessionRecords, type SessionRecords, type SessionRecordsParts } from './session-records.ts'

export interface SessionParts extends SessionRecordsParts {
  readonly window: ImportWindow
}

export type SessionResult = NewRecord | DumpRefusal
type EntryOf<Type extends DumpEntry['type']> = Extract<DumpEntry, { type: Type }>

/** One browser's dump, entry by entry, to events, samples and logs of one leg of one call. */
export interface BrowserSession {
  take(entry: DumpEntry): readonly SessionResult[]
  /** After the last entry. `cut`: the file ends inside a line. */
  finish(end: { readonly cut: boolean }): readonly SessionResult[]
}

export function createBrowserSession(parts: SessionParts): BrowserSession {
  const { window, tally, kind } = parts
  const make = createSessionRecords(parts)
  const connections = createPeerConnections({ ...parts, servedByDefault: kind === 'conference' })
  const readEntry = createEntryReader({ parts, make, connections })
  const { first, last } = terms[kind]
  let lastMs = 0
  let joined = false

  return {
    take(entry) {
      const distrusted = window(entry.atMs)
      if (distrusted !== undefined) {
        return entry.type === 'moment' ? [] : [refused(distrusted.reason, distrusted.detail)]
      }
      lastMs = Math.max(lastMs, entry.atMs)
      const joining = joined || !isPartOfCall(entry) ? [] : [make.event(first, entry.atMs, make.joining)]
      joined ||= joining.length > 0
      return [...joining, ...readEntry(entry)]
    },

    /** The dump's last line is the party's end, unless the file was cut: then nobody knows, and silence will tell. */
    finish({ cut }) {
      connections.end()
      if (!joined) tally.note('no peer connection in this dump: nothing of it is a call')
      return joined && !cut ? [make.event(last, lastMs)] : []
    },
  }
}

const terms = {
  conference: { first: 'conference.joined', last: 'conference.left' },
  call: { first: 'call.started', last: 'call.ended' },
} as const

/** The party is in the call from its first PeerConnection on; what a page does before is no call. */
const isPartOfCall = (entry: DumpEntry): boolean => 'pc' in entry && entry.pc !== undefined && entry.type !== 'failed'

interface EntryReaderParts {
  readonly parts: SessionParts
  readonly make: SessionRecords
  readonly connections: PeerConnections
}

function createEntryReader(reader: EntryReaderParts): (entry: DumpEntry) => readonly SessionResult[] {
  const { parts, make, connections } = reader
  const log = createConnectionLog(parts.identity)
  let answered = parts.kind === 'conference'
  let started = false

  return function readEntry(entry) {
    switch (entry.type) {
      case 'stats':
        return readStats(entry, reader)
      case 'state':
        return [make.log(log.state(entry)), ...answer(entry)]
      case 'created':
        connections.create(entry.pc, entry.atMs)
        return []
      case 'topology':
        connections.get(entry.pc).p2p = entry.p2p
        return []
      case 'closed':
        connections.close(entry.pc)
        return [make.log(log.state({ ...entry, layer: 'connection', state: 'closed' }))]
      case 'conference_started':
        return start(entry)
      case 'failed':
        return [make.log(log.failed(entry))]
      case 'moment':
        return []
    }
  }

  /** A client that joins again writes it again: the first counts. */
  function start({ atMs }: EntryOf<'conference_started'>): readonly SessionResult[] {
    const first = !started
    started = true
    return first ? [make.event('conference.started', atMs)] : []
  }

  /** Media can flow from the first connection on: the browser's nearest thing to an answer. */
  function answer({ state, atMs }: EntryOf<'state'>): readonly SessionResult[] {
    if (answered || (state !== 'connected' && state !== 'completed')) return []
    answered = true
    return [make.event('call.answered', atMs, { device: 'web' })]
  }
}

function readStats(
  { pc, atMs, report, fresh }: EntryOf<'stats'>,
  { parts, make, connections }: EntryReaderParts,
): readonly SessionResult[] {
  if (isLegacyReport(report)) return [refused('invalid_schema', legacyDetail)]
  const { bases, startId } = connections.get(pc)
  const view = { observer: 'browser', startId, streamPrefix: `${pc}:`, timeMs: atMs } as const
  const { drafts, refused: bad } = readStreams(report, view, (statId) => fresh.has(statId))
  const trusted = drafts.filter((draft) => parts.window(draft.timeMs) === undefined)
  const distrusted = drafts.flatMap((draft) => parts.window(draft.timeMs) ?? [])
  const ownTimes = trusted.filter(({ data }) => data.observer !== 'remote').map(({ timeMs }) => timeMs)
  return [
    ...bases.take(trusted, ownTimes.length === 0 ? atMs : Math.max(...ownTimes)).map(make.sample),
    ...bad.map(({ detail }) => refused('invalid_schema', detail)),
    ...distrusted.map(({ reason, detail }) => refused(reason, `stat ${detail}`)),
  ]
}
