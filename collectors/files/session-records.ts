import type { NewRecord } from '#contracts/event-log.ts'
import type { CallEventType } from '#contracts/signals/call-events.ts'
import { topicOfType } from '#contracts/signals/index.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import { topicNames } from '#contracts/topics.ts'
import { sampleEvent } from '../getstats/sample-event.ts'
import { defined, type SampleDraft } from '../getstats/streams.ts'
import type { DumpIdentity } from './dump-identity.ts'
import type { RecordMaker } from './records.ts'
import type { Tally } from './tally.ts'

export interface SessionRecordsParts {
  /** One participant of a conference, or a call of which nothing but this browser is known. */
  readonly kind: 'conference' | 'call'
  readonly identity: DumpIdentity
  /** CloudEvents' source: of the dump, not of the file. */
  readonly source: string
  readonly records: RecordMaker
  readonly tally: Tally
}

/** Makes, and counts, the records of one dump under its ids. */
export interface SessionRecords {
  event(type: CallEventType, atMs: number, data?: object): NewRecord
  sample(draft: SampleDraft): NewRecord
  log(line: LogLine): NewRecord
  /** Data of the event by which the party joins. */
  readonly joining: object
}

export function createSessionRecords({
  kind: part,
  identity,
  source,
  records,
  tally,
}: SessionRecordsParts): SessionRecords {
  const { correlationId, legId } = identity
  const ids = defined({ conf_session_id: identity.confSessionId, leg_id: legId, account_id: identity.accountId })
  const place = defined({ region: identity.region, media_node: identity.mediaNode })
  return {
    joining: part === 'call' ? place : { device: 'web', ...place },

    event(type, atMs, data = {}) {
      tally.add('events')
      tally.call(correlationId)
      return records.event(topicOfType(type) ?? topicNames.callEvents, correlationId, {
        specversion: '1.0',
        // Each of these happens once to a participant, so that the type tells them apart.
        id: `${identity.key}/${type}`,
        source,
        type,
        time: new Date(atMs).toISOString(),
        correlationid: correlationId,
        data: { ...ids, ...data },
      })
    },

    sample(draft) {
      const { observer, kind, direction, stream_id } = draft.data
      tally.stream([legId, kind, direction, stream_id, observer].join(' '))
      tally.add('samples')
      return records.event(topicNames.qualitySamples, correlationId, sampleEvent(draft, { source, correlationId, ids }))
    },

    log(line) {
      tally.add('logs')
      return records.logs([line])
    },
  }
}
