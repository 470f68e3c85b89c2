import type { ClickHouseClient } from '@clickhouse/client'
import type { MinuteStore, RecomputeContext } from '#contracts/summaries.ts'
import { run } from '../client.ts'
import { holdsOldSamples } from '../raw-samples.ts'
import { askMinutes } from './asked-minutes.ts'
import { type DirtyKey, minuteText, nameAll, withoutFrozen, withoutRepeats } from './minute-keys.ts'
import { clearRows, leftRows } from './minutes-left.ts'
import {
  cumulativeSamples,
  insertMinutes,
  intervalSamples,
  type TalliedRow,
  withCountedTime,
  withEventContext,
} from './minutes-sql.ts'

/** The stored verdict has one scorer: SQL made from quality/. Layer n names only columns of the input and of layers before it. */
export interface Scoring {
  /** Codec rows that the layers may name. */
  readonly codecRows: readonly TalliedRow[]
  readonly layers: readonly (readonly { readonly name: string; readonly expression: string }[])[]
  readonly formulaVersion: string
  readonly profileVersion: string
}

export interface MinuteStoreOptions {
  readonly client: ClickHouseClient
  /** By the profile that the tenant has at the time of the minute, epoch milliseconds. The same value for the same profile. */
  readonly scoringOf: (tenant: string, minuteMs: number) => Scoring
}

/** Keys of one statement: its text stays under a few megabytes, and analysing the scoring takes 0.3 s however few it has. */
const keysPerStatement = 50_000

export function createMinuteStore({ client, scoringOf }: MinuteStoreOptions): MinuteStore {
  async function make(keys: readonly DirtyKey[], context: RecomputeContext): Promise<void> {
    const mayBeOld = keys.length > 0 && (await holdsOldSamples(client))
    for (const { scoring, part } of statementsOf(keys, scoringOf)) {
      await askMinutes(client, part)
      const stamp = { ...scoring, version: context.version }
      await run(client, insertMinutes(scored(intervalSamples(mayBeOld), scoring), stamp))
      if (part.some(({ cumulative }) => cumulative)) {
        await run(client, insertMinutes(scored(cumulativeSamples(mayBeOld), scoring), stamp))
      }
      await clearLeft(part, context)
    }
  }

  /** What was made of these minutes before, and was not now, is cleared: a sample that it was made of has lost its place. */
  async function clearLeft(keys: readonly DirtyKey[], context: RecomputeContext): Promise<void> {
    const left = await leftRows(client, context.version)
    if (left.length === 0) return
    const counted = new Set(keys.filter(({ cumulative }) => cumulative).map(minuteText))
    const isDoubtful = ({ scope, key }: (typeof left)[number]) =>
      scope === 'cumulative' && !counted.has(minuteText(key))
    await clearRows(
      client,
      left.filter((row) => !isDoubtful(row)),
      context.version,
    )
    // Running counters beside a sample of another scope: it may have taken the place of one of them, whose minute nobody
    // has announced as one of counters then, nor the next minute, which looks back at it.
    const doubtful = left.filter(isDoubtful).flatMap(({ key }) => [
      { ...key, cumulative: true },
      { ...key, minuteSeconds: key.minuteSeconds + 60, cumulative: true },
    ])
    await make(await withoutFrozen(client, withoutRepeats(doubtful), context), context)
  }

  return {
    async recompute(dirty, context) {
      await make(await withoutFrozen(client, await nameAll(client, dirty, context), context), context)
    },
  }
}

/** Keys that one statement scores: of one profile, and not too many. */
function statementsOf(keys: readonly DirtyKey[], scoringOf: MinuteStoreOptions['scoringOf']) {
  const byProfile = new Map<Scoring, DirtyKey[]>()
  for (const key of keys) {
    const scoring = scoringOf(key.tenant, key.minuteSeconds * 1_000)
    const known = byProfile.get(scoring)
    if (known === undefined) byProfile.set(scoring, [key])
    else known.push(key)
  }
  return [...byProfile].flatMap(([scoring, own]) =>
    Array.from({ length: Math.ceil(own.length / keysPerStatement) }, (_, at) => ({
      scoring,
      part: own.slice(at * keysPerStatement, (at + 1) * keysPerStatement),
    })),
  )
}

const scored = (samples: string, scoring: Scoring): string =>
  scoring.layers.reduce(
    (inner, layer) =>
      `SELECT *, ${layer.map(({ name, expression }) => `${expression} AS ${name}`).join(',\n    ')} FROM (${inner})`,
    withCountedTime(withEventContext(samples)),
  )
