import { isDeepStrictEqual } from 'node:util'
import type { NewProfile, ProfileDesk, ProfileEntry } from '#collectors/http/ports.ts'
import type { Change } from '#contracts/changes.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { Registry } from '#contracts/registry.ts'
import { topicNames } from '#contracts/topics.ts'
import { announcements } from '#pipelines/announce.ts'
import { defaultProfile, type QualityProfile } from '#quality/profile.ts'
import { vendorProfiles } from '#quality/vendor-profiles.ts'
import { DeskRefused, refuseUnknownTenant } from '../desk/refused.ts'
import { createRuns } from '../jobs/as-run.ts'
import type { ProfileCache } from './profile-cache.ts'

export interface ProfileDeskParts {
  readonly registry: Pick<Registry, 'tenants' | 'profiles' | 'runs'>
  readonly cache: ProfileCache
  readonly log: Pick<EventLog, 'append'>
  /** Everything that raw holds, as changes. */
  readonly census: () => AsyncIterable<readonly Change[]>
  readonly clock: Clock
  /** Resolves when other processes judge by what was stored now; without it there are none. */
  readonly untilKnown?: () => Promise<void>
}

/** A tenant with more has a program that makes them, and would fill memory with them. */
const maxProfiles = 100
const minuteMs = 60_000

/** Profiles that come with the program: a tenant may take one as it is, and none may look like one and be another. */
const readyProfiles: readonly QualityProfile[] = [defaultProfile, ...vendorProfiles.map(({ profile }) => profile)]

export function createProfileDesk(parts: ProfileDeskParts): ProfileDesk {
  const { registry, cache, clock, untilKnown = async () => undefined } = parts
  const asRun = createRuns(registry.runs, clock)
  return {
    async list(tenant) {
      await refuseUnknownTenant(registry, tenant)
      return {
        profiles: entriesOf(tenant, cache, clock()),
        ready: vendorProfiles.map(({ vendor, source, profile }) => ({ version: profile.version, vendor, source })),
      }
    },
    async show(tenant, version) {
      await refuseUnknownTenant(registry, tenant)
      const own = cache.historyOf(tenant).map(({ profile }) => profile)
      return [...own, ...readyProfiles].find((profile) => profile.version === version)
    },
    async set(asked) {
      const { tenant, profile } = asked
      await refuseUnknownTenant(registry, tenant)
      refuseImpostor(profile)
      const fromMs = await store(asked, parts)
      const { version } = profile
      const { counts } = await asRun('recompute', `profile ${version} of ${tenant}`, async () => {
        // What is judged by the profile before until then is in raw by then, and announced with all the rest.
        await untilKnown()
        const calls = await judgeAgain(tenant, fromMs, parts)
        return { counts: { calls }, refused: [], notes: [] }
      })
      return { version, validFromMs: fromMs, calls: counts.calls }
    },
  }
}

/** The tenant's profiles in the order in which they hold. Until its first the default does. */
function entriesOf(tenant: string, cache: ProfileCache, nowMs: number): readonly ProfileEntry[] {
  const current = cache.profileOf(tenant, nowMs).version
  const own = cache.historyOf(tenant).map(({ validFromMs, profile }) => ({ version: profile.version, validFromMs }))
  const begins = own.some(({ validFromMs }) => validFromMs === 0) ? [] : [{ version: defaultProfile.version }]
  return [...begins.map((entry) => ({ ...entry, validFromMs: 0 })), ...own].map((entry) => ({
    ...entry,
    current: entry.version === current,
  }))
}

/** When it begins to hold. Told again as it was, it is stored already: the process may have ended before it announced. */
async function store(
  { tenant, profile, validFromMs }: NewProfile,
  { registry, cache, clock }: ProfileDeskParts,
): Promise<number> {
  const { version } = profile
  const history = cache.historyOf(tenant)
  const known = history.find((dated) => dated.profile.version === version)
  const again = validFromMs === undefined || validFromMs === known?.validFromMs
  if (known !== undefined && again && isSame(known.profile, profile)) return known.validFromMs
  if (history.length >= maxProfiles)
    throw new DeskRefused(`tenant: "${tenant}" has ${maxProfiles} profiles, more than anybody can tell apart`)
  const fromMs = validFromMs ?? clock()
  if (!(await registry.profiles.add(tenant, { version, validFromMs: fromMs, thresholds: profile }))) {
    throw new DeskRefused(
      `version: "${tenant}" has another profile "${version}", or one that is valid from that very moment; give this one another version, or another --valid-from`,
    )
  }
  await cache.refresh()
  return fromMs
}

/** Judges again, in bulk, what the new profile holds for: its minutes, and the calls they are of. How many calls. */
async function judgeAgain(tenant: string, fromMs: number, { cache, census, log }: ProfileDeskParts): Promise<number> {
  const nextMs = cache.historyOf(tenant).find(({ validFromMs }) => validFromMs > fromMs)?.validFromMs
  const isIts = (minute: number) => minute * minuteMs >= fromMs && (nextMs === undefined || minute * minuteMs < nextMs)
  let calls = 0
  for await (const changes of census()) {
    const own = changes
      .filter((change) => change.tenant === tenant && (change.minutes.length === 0 || reaches(change.minutes, fromMs)))
      .map((change) => ({ ...change, minutes: change.minutes.filter(isIts) }))
    calls += own.length
    await log.append(announcements(own, topicNames.callChangesBulk))
  }
  return calls
}

/** Members in any order: JSON of a registry keeps none. */
const isSame = (a: QualityProfile, b: QualityProfile): boolean => isDeepStrictEqual(a, b)

const reaches = (minutes: readonly number[], fromMs: number): boolean =>
  minutes.some((minute) => minute * minuteMs >= fromMs)

function refuseImpostor(profile: NewProfile['profile']): void {
  const ready = readyProfiles.find(({ version }) => version === profile.version)
  if (ready !== undefined && !isSame(ready, profile))
    throw new DeskRefused(
      `version: "${profile.version}" comes with the program and says something else; give this one a name of its own`,
    )
}
