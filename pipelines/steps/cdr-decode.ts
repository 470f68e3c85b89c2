import { recordOnly } from '#contracts/changes.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import type { Decode, Effects, TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import { type CdrEvent, cdrEvent } from '#contracts/signals/cdr-events.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import { contentChecksum64, rowChecksum64, stableJson } from './checksum.ts'
import { createReader, type ReadEvent, schemasByType } from './cloud-event.ts'
import type { TenantRules } from './cloud-event-tenant.ts'
import { type LinkWriter, linkIdsFrom, traceIdOf } from './links.ts'

export interface CdrDecodeOptions extends TenantRules {
  readonly windows: TimeWindows
  readonly writeLinks: LinkWriter
  readonly privacy?: Privacy
}

/** Call detail and rated records. Money goes to `cdr_billing` alone, which on-call roles cannot read. */
export function createCdrDecode({ writeLinks, privacy = defaultPrivacy, ...rules }: CdrDecodeOptions): Decode {
  const read = createReader<CdrEvent>({ ...rules, schemas: schemasByType<CdrEvent>(cdrEvent.options) })

  return function decodeCdr(record: LogRecord, into: Effects) {
    for (const outcome of read(record)) {
      if (outcome.type === 'park') into.park(outcome.reason, outcome.detail)
      else if (outcome.type === 'next') writeCdr(outcome.value, into)
    }
  }

  function writeCdr(cdr: ReadEvent<CdrEvent>, into: Effects): void {
    const { tenant, event, timeMs, expiresAtSeconds } = cdr
    writeDetail(cdr, privacy, into)
    writeBilling(cdr, into)
    const ids = linkIdsFrom(event.data, traceIdOf(event.traceparent))
    writeLinks({ tenant, correlationId: event.correlationid, ids, expiresAtSeconds }, into)
    into.change(recordOnly({ tenant, id: event.correlationid }))
    into.seen(tenant, timeMs)
  }
}

function writeDetail(cdr: ReadEvent<CdrEvent>, privacy: Privacy, into: Effects): void {
  const { tenant, event, timeMs, expiresAtSeconds } = cdr
  const { amount: _amount, currency: _currency, plan: _plan, ...sent } = { ...noMoney, ...event.data }
  const whose = { tenant, atMs: timeMs, correlationId: event.correlationid }
  const { data: detail, erased } = privacy.data(sent, whose)
  const json = stableJson(detail)
  // Of what this row shows only: amounts have few digits, and could be found by trial from a checksum over them.
  const checksum = rowChecksum64(`${timeMs} ${event.type} ${json}`, erased)
  const key = [tenant, event.correlationid, event.source, event.id, timeMs]
  into.row('cdr_records', [...key, event.type, json, checksum, expiresAtSeconds])
}

const noMoney = { amount: undefined, currency: undefined, plan: undefined }

function writeBilling({ tenant, event, timeMs, expiresAtSeconds }: ReadEvent<CdrEvent>, into: Effects): void {
  if (event.type !== 'cdr.rated') return
  const { billed_seconds, plan = '', amount, currency } = event.data
  const checksum = contentChecksum64(`${timeMs} ${stableJson([billed_seconds, plan, amount, currency])}`)
  const key = [tenant, event.correlationid, event.source, event.id, timeMs]
  into.row('cdr_billing', [...key, billed_seconds, plan, amount, currency, checksum, expiresAtSeconds])
}
