import { createHash } from 'node:crypto'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import type { SampleDraft } from './streams.ts'

type Ids = Partial<
  Pick<
    QualitySample['data'],
    | 'call_id'
    | 'session_id'
    | 'conf_session_id'
    | 'leg_id'
    | 'account_id'
    | 'sip_call_id'
    | 'sip_session_id'
    | 'linked_correlation_id'
  >
>

export interface SampleEnvelope {
  readonly source: string
  readonly correlationId: string
  readonly tenant?: string | undefined
  readonly ids: Ids
}

/**
 * The draft as a CloudEvent. Its id is made from what it is (start, stat and time), so that the same report sent or
 * imported twice gives the same event.
 */
export function sampleEvent({ statId, timeMs, data }: SampleDraft, envelope: SampleEnvelope): QualitySample {
  return {
    specversion: '1.0',
    id: boundedId(`${data.start_id ?? ''}/${statId}/${timeMs}`),
    source: envelope.source,
    type: 'quality.sample',
    time: new Date(timeMs).toISOString(),
    ...(envelope.tenant !== undefined && { tenantid: envelope.tenant }),
    correlationid: envelope.correlationId,
    data: { ...envelope.ids, ...data },
  }
}

const plainId = /^[\x20-\x7e]{1,200}$/

/** The text itself where it makes an id, else its hash. */
export const boundedId = (text: string): string =>
  plainId.test(text) ? text : createHash('sha256').update(text).digest('hex')
