import type { DirtyMinutes } from '#contracts/summaries.ts'
import { withOverrides } from '#quality/codecs.ts'
import { defaultProfile } from '#quality/profile.ts'
import { scoringLayers } from '#quality/score-interval-sql.ts'
import type { TestWarehouse } from '#tests/warehouse.ts'
import { createMinuteStore } from './minute-store.ts'

const dayMs = 86_400_000
/** A minute ten days ago, as an epoch minute, and moments in seconds after its start. */
export const minute = Math.floor((Date.now() - 10 * dayMs) / 60_000)
export const at = (second: number) => minute * 60_000 + second * 1_000
export const expiresAt = minute * 60 + (30 * dayMs) / 1_000

let version = 0

export type Planted = Readonly<Record<string, unknown>> & { readonly at: number }

/** A row as `calls` stores it: say what is measured. `at`: end of the interval, seconds after the minute. */
export async function plantSamples(
  { client }: TestWarehouse,
  tenant: string,
  samples: readonly Planted[],
): Promise<void> {
  const values = samples.map(({ at: second, ...measured }, n) => ({
    ...{
      tenant,
      correlation_id: 'c',
      minute: Math.floor(at(second) / 60_000) * 60,
      interval_end: at(second),
      interval_ms: 5_000,
    },
    ...{
      leg_id: 'caller',
      kind: 'audio',
      direction: 'receive',
      observer: 'browser',
      scope: 'interval',
      checksum: 100 + n,
      expires_at: expiresAt,
    },
    ...measured,
  }))
  await client.insert({ table: 'quality_samples', values, format: 'JSONEachRow' })
}

export async function plantEvents(
  { client }: TestWarehouse,
  tenant: string,
  events: readonly Planted[],
): Promise<void> {
  const values = events.map(({ at: second, ...event }, n) => ({
    ...{
      tenant,
      correlation_id: 'c',
      source: '/s',
      id: `e-${n}`,
      time: at(second),
      data: '{}',
      checksum: 1,
      expires_at: expiresAt,
    },
    ...event,
  }))
  await client.insert({ table: 'call_events', values, format: 'JSONEachRow' })
}

/** Makes minutes of call `c` anew, as a recompute does. */
export async function makeMinutes(
  { client }: TestWarehouse,
  tenant: string,
  over: Partial<DirtyMinutes>,
): Promise<void> {
  const scoring = {
    layers: scoringLayers(defaultProfile),
    codecRows: withOverrides(defaultProfile.codecs),
    formulaVersion: 'f',
    profileVersion: 'p',
  }
  const store = createMinuteStore({
    client,
    scoringOf: () => scoring,
  })
  const still = { minutes: [], rescore: false, cumulative: false, urgency: 'running' } as const
  const dirty = { tenant, id: 'c', ...still, ...over }
  await store.recompute([dirty], { version: ++version, logNowMs: Date.now() })
}
