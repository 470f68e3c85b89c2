import type { ErasureAsked, ErasureDesk, ErasureReport } from '#collectors/http/ports.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { ErasureStep } from '#contracts/privacy.ts'
import type { Registry } from '#contracts/registry.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import { announcements } from '#pipelines/announce.ts'
import { pause } from '#pipelines/pause.ts'
import { hintsOf } from '#pipelines/privacy/hints.ts'
import { pseudonymPattern } from '#pipelines/privacy/parties.ts'
import { stableJson } from '#pipelines/steps/checksum.ts'
import { eventChecksum } from '#pipelines/steps/event-decode.ts'
import { correlationIdOf } from '#pipelines/steps/logs-attributes.ts'
import { msOfNanos } from '#pipelines/steps/logs-place.ts'
import type { Component } from '#pipelines/summaries/components.ts'
import type { Eraser, EraseScope, RewriteEvent, StoredText } from '#warehouse/erase/eraser.ts'
import type { PrivacyRoom } from '../privacy/open-privacy.ts'
import { type ErasureStores, forgetElsewhere, forgetLines, stepsNow } from './erasure-stores.ts'
import { DeskRefused, refuseUnknownTenant } from './refused.ts'

export interface ErasureDeskParts {
  readonly registry: Pick<Registry, 'tenants' | 'erasures' | 'versions'>
  readonly privacy: PrivacyRoom
  readonly eraser: Eraser
  readonly log: Pick<EventLog, 'append'>
  readonly componentsOf: (members: readonly MemberKey[]) => Promise<readonly Component[]>
  readonly stores: ErasureStores
  /** How long other processes take at most to know of an erasure, milliseconds; 0 where there are none. */
  readonly knownAfterMs?: number
}

/** Records are made anew within seconds; beyond this the older ones are left to the next telling. */
const purgePatienceMs = 20_000
const lookEveryMs = 250

/**
 * Forgets persons and calls: first everybody who decodes knows of it, then raw is written anew without them, then the records are.
 * Told again after a stop half-way, all of it is done again.
 */
export function createErasureDesk(parts: ErasureDeskParts): ErasureDesk {
  const { registry, privacy, eraser, log, componentsOf } = parts
  return {
    async erase(asked) {
      const { tenant } = asked
      await refuseUnknownTenant(registry, tenant)
      const told = subjectsOf(asked, privacy)
      const { sequence } = await registry.erasures.add({ tenant, ...told, madeBy: 'administrator' })
      await privacy.refresh()
      await pause(parts.knownAfterMs ?? 0, new AbortController().signal)
      const { ids, rows, lines } = await takeOut(scopeOf(asked), parts)
      // Records of before the rows were rewritten, and their older versions, have a version up to this one.
      const version = await registry.versions.next()
      const components = await componentsOf([...ids].map((id) => ({ tenant, id })))
      const members = [...new Set([...ids, ...components.flatMap((call) => call.members)])].map((id) => ({
        tenant,
        id,
      }))
      await log.append(announcements(members.map(recordOnly)))
      const purged = await purge(eraser, members, version)
      const stores = [
        warehouseStep(rows, purged),
        ...(lines === undefined ? [] : [lines]),
        ...(await forgetElsewhere(parts.stores, tenant)),
      ]
      await registry.erasures.note(tenant, sequence, stores)
      return { sequence, calls: members.length, rows, purged, stores }
    },
    async list(tenant) {
      await refuseUnknownTenant(registry, tenant)
      const steps = await registry.erasures.steps(tenant)
      const entries = (await registry.erasures.list(tenant)).map(
        async ({ sequence, kind, subjects, madeBy, madeMs }) => {
          const stores = await stepsNow(parts.stores, { tenant, sequence }, steps.get(sequence) ?? [])
          return { sequence, kind, subjects, madeBy, madeMs, stores }
        },
      )
      return Promise.all(entries)
    },
  }
}

function subjectsOf({ tenant, party, call }: ErasureAsked, privacy: PrivacyRoom) {
  if ((party === undefined) === (call === undefined))
    throw new DeskRefused('party, call: give one of them: who is to be forgotten, or which call')
  if (call !== undefined) return { kind: 'call', subjects: [call] } as const
  if (pseudonymPattern.test(party ?? ''))
    throw new DeskRefused(
      'party: is a pseudonym, from which nobody can be found in new events; give the number or URI, or the call',
    )
  const subjects = privacy.subjectsOf(tenant, party ?? '')
  if (subjects.length === 0)
    throw new DeskRefused('party: names nobody; give a number, a SIP URI, an address or a name')
  return { kind: 'party', subjects } as const
}

const scopeOf = ({ tenant, party, call }: ErasureAsked): EraseScope & { readonly typed?: string } =>
  call === undefined ? { tenant, hints: [], typed: party ?? '' } : { tenant, call }

async function takeOut(asked: EraseScope & { readonly typed?: string }, { eraser, privacy, stores }: ErasureDeskParts) {
  const { typed, ...bare } = asked
  const scope =
    typed === undefined
      ? bare
      : { tenant: bare.tenant, hints: [...hintsOf(typed), ...privacy.tokensOf(bare.tenant, typed)] }
  const events = await eraser.events(scope, rewriteBy(scope.tenant, privacy))
  const names = namesErased(scope.tenant, privacy)
  const elsewhere = await forgetLines(
    stores,
    {
      tenant: scope.tenant,
      ids: [...new Set([...events.ids, ...('call' in scope ? [scope.call] : [])])],
      texts: 'hints' in scope ? scope.hints : [],
    },
    lineNamesErased({ tenant: scope.tenant, call: 'call' in scope ? scope.call : undefined }, privacy),
  )
  const lines = await eraser.texts('otel_logs', scope, { names })
  const spans = await eraser.texts('otel_traces', scope, { names })
  const evidence = await eraser.texts('call_evidence', scope, {
    names,
    lines: new Set([...lines.keys, ...(elsewhere?.hashes ?? [])]),
  })
  const ids = new Set([...events.ids, ...evidence.ids])
  const rows = {
    ...{ call_events: events.rows, otel_logs: lines.keys.length, otel_traces: spans.keys.length },
    call_evidence: evidence.keys.length,
  }
  if ('call' in scope) ids.add(scope.call)
  return { ids, rows, lines: elsewhere?.step }
}

const rewriteBy =
  (tenant: string, { forgetting }: PrivacyRoom): RewriteEvent =>
  ({ data, atMs, correlationId, type, traceId }) => {
    const after = forgetting.data(data, { tenant, atMs, correlationId })
    if (!after.erased) return undefined
    const json = stableJson(after.data)
    return { data: json, checksum: eventChecksum({ timeMs: atMs, type, traceId, json }, true) }
  }

const namesErased =
  (tenant: string, { forgetting }: PrivacyRoom) =>
  ({ correlationId, atMs, text, attributes }: StoredText): boolean => {
    const line = { ...emptyLine, body: text, attributes: { parts: attributes } }
    return forgetting.line(line, { tenant, atMs, correlationId: correlationId || undefined }) !== line
  }

const lineNamesErased =
  ({ tenant, call }: { readonly tenant: string; readonly call: string | undefined }, { forgetting }: PrivacyRoom) =>
  (line: LogLine): boolean => {
    const whose = { tenant, atMs: msOfNanos(line.timeUnixNano), correlationId: call ?? correlationIdOf(line) }
    return forgetting.line(line, whose) !== line
  }

function warehouseStep(rows: ErasureReport['rows'], purged: boolean): ErasureStep {
  const count = Object.values(rows).reduce((sum, of) => sum + of, 0)
  return purged
    ? { store: 'warehouse', state: 'done', count, detail: 'rows written anew or deleted, records computed anew' }
    : { store: 'warehouse', state: 'unfinished', count, detail: 'older versions of records are left: tell it again' }
}

const emptyLine = {
  ...{
    timeUnixNano: '0',
    severityNumber: 0,
    severityText: '',
    traceId: '',
    spanId: '',
    serviceName: '',
    scopeName: '',
  },
  resource: {},
}

async function purge(eraser: Eraser, members: readonly MemberKey[], version: number): Promise<boolean> {
  const never = new AbortController().signal
  for (let waitedMs = 0; (await eraser.outdated(members, version)) > 0; waitedMs += lookEveryMs) {
    // A record that is not made anew yet may be all that is left of a frozen call: it is not deleted.
    if (waitedMs >= purgePatienceMs) return false
    await pause(lookEveryMs, never)
  }
  await eraser.purge(members, version)
  return true
}

const recordOnly = ({ tenant, id }: MemberKey) =>
  ({ tenant, id, minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 }) as const
