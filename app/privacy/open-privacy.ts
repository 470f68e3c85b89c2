import { readFileSync } from 'node:fs'
import type { CallCharts } from '#contracts/call-charts.ts'
import type { Clock } from '#contracts/clock.ts'
import type { Privacy } from '#contracts/privacy.ts'
import type { Registry } from '#contracts/registry.ts'
import type { CallFilter, CallReader } from '#contracts/warehouse.ts'
import { createTenantOf } from '#pipelines/archive/tenants.ts'
import { type ErasedSubjects, erasedSubjects, nobodyErased, subjectsOf } from '#pipelines/privacy/erased.ts'
import { createForgetMessages, type ForgetMessage } from '#pipelines/privacy/forget-messages.ts'
import { squeeze } from '#pipelines/privacy/hints.ts'
import { createPartySearch } from '#pipelines/privacy/party-search.ts'
import { createForgetting, createPrivacy } from '#pipelines/privacy/privacy.ts'
import { type PrivacySettings, resolvePrivacy } from '#pipelines/privacy/settings.ts'
import type { TenantRules } from '#pipelines/steps/cloud-event-tenant.ts'
import type { Config } from '../config.ts'
import { CommandError } from '../exit-codes.ts'

/** All that a process knows of personal data: the policies, and who is to be forgotten as of the last refresh. */
export interface PrivacyRoom {
  readonly privacy: Privacy
  /** Erasures alone. */
  readonly forgetting: Privacy
  /** Erasures in messages as they were sent. */
  messages(rules: TenantRules): ForgetMessage
  /** Sequence of the last erasure that is known here. */
  readonly erasedUntil: () => number
  /** Hashes by which a person is known in the list of erasures. */
  subjectsOf(tenant: string, typed: string): readonly string[]
  /** What may be stored of somebody under any key, squeezed as the warehouse looks for it. */
  tokensOf(tenant: string, typed: string): readonly string[]
  /** Adds what `q` may mean where parties are hashed. */
  searching<Filter extends CallFilter>(filter: Filter): Promise<Filter>
  /** Throws, and keeps what was known, when the registry cannot be read. */
  refresh(): Promise<void>
}

type Parts = {
  readonly config: Pick<Config, 'privacy'>
  readonly registry: Pick<Registry, 'erasures' | 'tenants'>
  readonly clock: Clock
}

/** Settings resolved and the list of erasures read. Throws a CommandError that names each setting at fault and its fix. */
export async function openPrivacy({ config, registry, clock }: Parts): Promise<PrivacyRoom> {
  const settings = settingsFrom(config, clock)
  const salt = await registry.erasures.salt()
  let known: ErasedSubjects = nobodyErased
  const refresh = async () => {
    known = erasedSubjects(await registry.erasures.list(), salt)
  }
  await refresh()
  const erased = () => known
  const search = createPartySearch(settings)
  return {
    privacy: createPrivacy({ settings, erased }),
    forgetting: createForgetting({ settings, erased }),
    messages: (rules) =>
      createForgetMessages({
        ...{ forgetting: createForgetting({ settings, erased }), erased },
        tenantOf: createTenantOf(rules),
      }),
    erasedUntil: () => known.until,
    subjectsOf: (tenant, typed) => subjectsOf(typed, { tenant, salt, settings }),
    tokensOf: (tenant, typed) => search.alternatives([tenant], typed, {}).map(squeeze),
    refresh,
    async searching(filter) {
      if (filter.q === undefined || settings.keys.length === 0) return filter
      const tenants =
        filter.tenant === undefined ? (await registry.tenants.tenants()).map(({ id }) => id) : [filter.tenant].flat()
      const parties = search.alternatives(tenants, filter.q, filter)
      return parties.length === 0 ? filter : { ...filter, parties }
    },
  }
}

export function settingsFrom({ privacy }: Pick<Config, 'privacy'>, clock: Clock): PrivacySettings {
  const resolved = resolvePrivacy(privacy, { nowMs: clock(), readFile: (path) => readFileSync(path, 'utf8') })
  if (resolved.type === 'settings') return resolved.settings
  throw new CommandError('usage', `the configuration is not valid:\n  ${resolved.problems.join('\n  ')}`)
}

/** A reader that finds hashed parties by their numbers. */
export const searchingReader = (reader: CallReader, { searching }: Pick<PrivacyRoom, 'searching'>): CallReader => ({
  ...reader,
  list: async (query) => reader.list(await searching(query)),
})

export const searchingCharts = (charts: CallCharts, { searching }: Pick<PrivacyRoom, 'searching'>): CallCharts => ({
  ...charts,
  timeline: async (query) => charts.timeline(await searching(query)),
})
