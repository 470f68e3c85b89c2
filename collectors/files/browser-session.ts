import type { NewRecord } from '#contracts/event-log.ts'
import type { CallEventType } from '#contracts/signals/call-events.ts'
import { topicOfType } from '#contracts/signals/index.ts'
import { topicNames } from '#contracts/topics.ts'
import { isLegacyReport, legacyDetail } from '../getstats/rtc-stats.ts'
import { boundedId, sampleEvent } from '../getstats/sample-event.ts'
import { defined, readStreams, type SampleDraft } from '../getstats/streams.ts'
import { createConnectionLog } from './connection-log.ts'
import { type DumpEntry, type DumpRefusal, refused } from './dump-entry.ts'
import type { DumpIdentity } from './dump-identity.ts'
import type { ImportWindow } from './import-window.ts'
import type { RecordMaker } from './records.ts'
import { createStreamBases, type StreamBases } from './stream-bases.ts'
import type { Tally } from './tally.ts'

export interface SessionParts {
  readonly identity: DumpIdentity
  /** One participant of a conference, or a call of which nothing but this browser is known. */
  readonly kind: 'conference' | 'call'
  /** CloudEvents' source: of the dump, not of the file. */
  readonly source: string
  readonly records: RecordMaker
  readonly window: ImportWindow
  readonly tally: Tally
}

type Result = NewRecord | DumpRefusal

interface Connection {
  readonly startId: string
  readonly bases: StreamBases
  p2p: boolean
}

/** One browser's dump, entry by entry, to events, samples and logs of one leg of one call. */
export function createBrowserSession({ identity, kind, source, records, window, tally }: SessionParts) {
  const connections = new Map<string, Connection>()
  const lives = new Map<string, number>()
  const log = createConnectionLog(identity)
  const ids = defined({
    conf_session_id: identity.confSessionId,
    leg_id: identity.legId,
    account_id: identity.accountId,
  })
  const place = defined({ region: identity.region, media_node: identity.mediaNode })
  let lastMs = 0
  let joined = false
  let connected = false

  return { take, finish }

  function take(entry: DumpEntry): readonly Result[] {
    const distrusted = window(entry.atMs)
    if (distrusted !== undefined) {
      return entry.type === 'moment' ? [] : [refused(distrusted.reason, distrusted.detail)]
    }
    lastMs = Math.max(lastMs, entry.atMs)
    return [...join(entry), ...readEntry(entry)]
  }

  function readEntry(entry: DumpEntry): readonly Result[] {
    if (entry.type === 'stats') return readStats(entry)
    if (entry.type === 'created') open(entry.pc, entry.atMs)
    if (entry.type === 'topology') connectionOf(entry.pc).p2p = entry.p2p
    if (entry.type === 'closed') return close(entry.pc, entry.atMs)
    if (entry.type === 'conference_started') return [event('conference.started', entry.atMs)]
    if (entry.type === 'state') return [logged(log.state(entry)), ...connect(entry)]
    return entry.type === 'failed' ? [logged(log.failed(entry))] : []
  }

  /** The party is in the call from its first PeerConnection on; what a page does before is no call. */
  function join(entry: DumpEntry): readonly Result[] {
    if (joined || !('pc' in entry) || entry.pc === undefined || entry.type === 'failed') return []
    joined = true
    tally.call(identity.correlationId)
    const type = kind === 'conference' ? 'conference.joined' : 'call.started'
    return [event(type, entry.atMs, kind === 'conference' ? { device: 'web', ...place } : place)]
  }

  function connect({ state, atMs }: Extract<DumpEntry, { type: 'state' }>): readonly Result[] {
    if (connected || kind === 'conference' || (state !== 'connected' && state !== 'completed')) return []
    connected = true
    return [event('call.answered', atMs, { device: 'web' })]
  }

  function open(pc: string, createdMs: number | undefined): Connection {
    const life = (lives.get(pc) ?? 0) + 1
    lives.set(pc, life)
    const connection: Connection = {
      // A PeerConnection that is made again under its old name counts from zero again.
      startId: boundedId(`${identity.key}:${pc}${life === 1 ? '' : `:${life}`}`),
      p2p: false,
      bases: createStreamBases({ createdMs, placeholders: () => kind === 'conference' && !connection.p2p }),
    }
    connections.set(pc, connection)
    return connection
  }

  function connectionOf(pc: string): Connection {
    return connections.get(pc) ?? open(pc, undefined)
  }

  function close(pc: string, atMs: number): readonly Result[] {
    noteHeld(connections.get(pc))
    connections.delete(pc)
    return [logged(log.state({ pc, atMs, layer: 'connection', state: 'closed' }))]
  }

  function noteHeld(connection: Connection | undefined): void {
    const held = connection?.bases.held() ?? 0
    if (held > 0) tally.note('streams through the media server that never carried a packet were left out')
  }

  function readStats({ pc, atMs, report, fresh }: Extract<DumpEntry, { type: 'stats' }>): readonly Result[] {
    if (isLegacyReport(report)) return [refused('invalid_schema', legacyDetail)]
    const { bases, startId } = connectionOf(pc)
    const view = { observer: 'browser', startId, streamPrefix: `${pc}:`, timeMs: atMs } as const
    const { drafts, refused: bad } = readStreams(report, view, (statId) => fresh.has(statId))
    const trusted = drafts.filter((draft) => window(draft.timeMs) === undefined)
    const distrusted = drafts.flatMap((draft) => window(draft.timeMs) ?? [])
    const reportMs = Math.max(
      ...trusted.filter(({ data }) => data.observer !== 'remote').map(({ timeMs }) => timeMs),
      0,
    )
    const sent = bases.take(trusted, reportMs === 0 ? atMs : reportMs)
    return [
      ...sent.map(sampled),
      ...bad.map(({ detail }) => refused('invalid_schema', detail)),
      ...distrusted.map(({ reason, detail }) => refused(reason, `stat ${detail}`)),
    ]
  }

  function sampled(draft: SampleDraft): NewRecord {
    const { observer, kind: media, direction, stream_id } = draft.data
    tally.stream([identity.legId, media, direction, stream_id, observer].join(' '))
    tally.add('samples')
    const sample = sampleEvent(draft, { source, correlationId: identity.correlationId, ids })
    return records.event(topicNames.qualitySamples, identity.correlationId, sample)
  }

  function event(type: CallEventType, atMs: number, data: object = {}): NewRecord {
    tally.add('events')
    return records.event(topicOfType(type) ?? topicNames.callEvents, identity.correlationId, {
      specversion: '1.0',
      id: `${identity.key}/${type}`,
      source,
      type,
      time: new Date(atMs).toISOString(),
      correlationid: identity.correlationId,
      data: { ...ids, ...data },
    })
  }

  function logged(line: Parameters<RecordMaker['logs']>[0][number]): NewRecord {
    tally.add('logs')
    return records.logs([line])
  }

  /** The dump's last line is the party's end, unless the file was cut: then nobody knows, and silence will tell. */
  function finish({ cut }: { readonly cut: boolean }): readonly Result[] {
    for (const connection of connections.values()) noteHeld(connection)
    if (!joined) {
      tally.note('no peer connection in this dump: nothing of it is a call')
      return []
    }
    if (cut) return []
    return [event(kind === 'conference' ? 'conference.left' : 'call.ended', lastMs)]
  }
}
