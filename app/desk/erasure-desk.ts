import type { ErasureAsked, ErasureDesk } from '#collectors/http/ports.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { Registry } from '#contracts/registry.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import { announcements } from '#pipelines/announce.ts'
import { pause } from '#pipelines/pause.ts'
import { hintsOf } from '#pipelines/privacy/hints.ts'
import { pseudonymPattern } from '#pipelines/privacy/parties.ts'
import { stableJson } from '#pipelines/steps/checksum.ts'
import { eventChecksum } from '#pipelines/steps/event-decode.ts'
import type { Component } from '#pipelines/summaries/components.ts'
import type { Eraser, EraseScope, RewriteEvent, StoredText } from '#warehouse/erase/eraser.ts'
import type { PrivacyRoom } from '../privacy/open-privacy.ts'
import { DeskRefused, refuseUnknownTenant } from './refused.ts'

export interface ErasureDeskParts {
  readonly registry: Pick<Registry, 'tenants' | 'erasures' | 'versions'>
  readonly privacy: PrivacyRoom
  readonly eraser: Eraser
  readonly log: Pick<EventLog, 'append'>
  readonly componentsOf: (members: readonly MemberKey[]) => Promise<readonly Component[]>
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
      const { ids, rows } = await takeOut(scopeOf(asked), parts)
      // Records of before the rows were rewritten, and their older versions, have a version up to this one.
      const version = await registry.versions.next()
      const components = await componentsOf([...ids].map((id) => ({ tenant, id })))
      const members = [...new Set([...ids, ...components.flatMap((call) => call.members)])].map((id) => ({
        tenant,
        id,
      }))
      await log.append(announcements(members.map(recordOnly)))
      return { sequence, calls: members.length, rows, purged: await purge(eraser, members, version) }
    },
    async list(tenant) {
      await refuseUnknownTenant(registry, tenant)
      return (await registry.erasures.list(tenant)).map(({ sequence, kind, subjects, madeBy, madeMs }) => {
        return { sequence, kind, subjects, madeBy, madeMs }
      })
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

async function takeOut(asked: EraseScope & { readonly typed?: string }, { eraser, privacy }: ErasureDeskParts) {
  const { typed, ...bare } = asked
  const scope =
    typed === undefined
      ? bare
      : { tenant: bare.tenant, hints: [...hintsOf(typed), ...privacy.tokensOf(bare.tenant, typed)] }
  const events = await eraser.events(scope, rewriteBy(scope.tenant, privacy))
  const names = namesErased(scope.tenant, privacy)
  const lines = await eraser.texts('otel_logs', scope, { names })
  const spans = await eraser.texts('otel_traces', scope, { names })
  const evidence = await eraser.texts('call_evidence', scope, { names, lines: new Set(lines.keys) })
  const ids = new Set([...events.ids, ...evidence.ids])
  const rows = {
    ...{ call_events: events.rows, otel_logs: lines.keys.length, otel_traces: spans.keys.length },
    call_evidence: evidence.keys.length,
  }
  if ('call' in scope) ids.add(scope.call)
  return { ids, rows }
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
