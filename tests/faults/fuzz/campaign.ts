import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '#simulator/random.ts'
import { judgedAfter } from './canary.ts'
import { doors } from './doors.ts'
import type { FuzzedInstall } from './install.ts'

export interface CampaignOptions {
  readonly seed: number | string
  readonly seconds: number
  /** Each canary has to be judged so soon. */
  readonly withinSeconds: number
  /** Hostile messages or requests a second, about. */
  readonly perSecond?: number
  /** Names of doors to try; without it all. */
  readonly through?: readonly string[]
  readonly say?: (line: string) => void
}

export interface Campaign {
  readonly sent: Readonly<Record<string, number>>
  /** Answers of 500 and more, and what else a door must not do. */
  readonly faults: readonly string[]
  /** Seconds until each canary was judged. */
  readonly canaries: readonly number[]
  /** Held after a full collection, bytes, at even intervals. */
  readonly held: readonly number[]
  /** Dead letters that tell of a fault of this program. */
  readonly ownFaults: readonly string[]
}

const maxFaults = 50
/** Side by side: a store meets what several say at once. */
const producers = 3
const tenants = ['alpha', 'beta']

/** Sends hostile content through every door for a while, beside calls of both tenants that must be judged all along. */
export async function runCampaign(install: FuzzedInstall, options: CampaignOptions): Promise<Campaign> {
  const { seed, seconds, withinSeconds, perSecond = 15, through, say = () => undefined } = options
  const until = performance.now() + 1_000 * seconds
  const goesOn = () => performance.now() < until && install.isAlive()
  const sent: Record<string, number> = {}
  const faults: string[] = []
  const canaries: number[] = []
  const held: number[] = []
  const blame = (fault: string) => {
    if (faults.length < maxFaults) faults.push(fault)
    say(`FAULT ${fault}`)
  }

  async function send(producer: number): Promise<void> {
    const random = createRandom(seed).fork(`producer ${producer}`)
    const names = Object.keys(doors).filter((name) => through?.includes(name) !== false)
    while (goesOn()) {
      const name = random.pick(names)
      sent[name] = (sent[name] ?? 0) + 1
      try {
        const status = await doors[name]?.(install, random)
        if (status !== undefined && status >= 500 && status !== 503) blame(`${name} (number ${sent[name]}): ${status}`)
      } catch (error) {
        blame(`${name} (number ${sent[name]}): ${error instanceof Error ? error.message : 'failed'}`)
      }
      await sleep((1_000 * producers) / perSecond)
    }
  }

  async function watch(tenant: string): Promise<void> {
    while (goesOn()) {
      await judgedAfter(install, tenant, withinSeconds).then(
        (after) => canaries.push(after),
        async (error: Error) => blame(`${error.message}; ${await stateOf(install)}`),
      )
      await sleep(1_000)
    }
  }

  async function weigh(): Promise<void> {
    const everyMs = Math.max(2_000, (1_000 * seconds) / 60)
    while (goesOn()) {
      held.push(await install.heldBytes())
      say(
        `${Math.round((until - performance.now()) / 1_000)} s left, ${Object.values(sent).reduce((a, b) => a + b, 0)} sent, canaries ${canaries.length}, last ${canaries.at(-1)} s, holds ${Math.round((held.at(-1) ?? 0) / 1_048_576)} MiB`,
      )
      await sleep(everyMs)
    }
  }

  await Promise.all([...Array.from({ length: producers }, (_, at) => send(at)), ...tenants.map(watch), weigh()])
  return {
    sent,
    faults,
    canaries,
    held,
    ownFaults: install.isAlive() ? await ownFaultsOf(install) : ['the install ended'],
  }
}

/** What an operator would look at first. */
async function stateOf(install: FuzzedInstall): Promise<string> {
  const { text } = await install.request('/metrics')
  const asked = /^callscope_pipeline_(dirty|records_stalled|retries|lag_seconds|paused)\w*(\{.*\})? (?!0$).*/
  return [...text.split('\n').filter((line) => asked.test(line)), install.said().slice(-500)].join('; ')
}

/** Dead letters of what a step threw over, and of calls that could not be computed: both say that content got too far. */
async function ownFaultsOf(install: FuzzedInstall): Promise<readonly string[]> {
  const found: string[] = []
  let cursor = ''
  for (let page = 0; page < 200; page++) {
    const { text } = await install.request(`/api/dead-letters?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`)
    const { letters = [], nextCursor } = JSON.parse(text) as {
      readonly letters?: readonly { readonly reason: string; readonly topic: string; readonly detail: string }[]
      readonly nextCursor?: string
    }
    for (const { reason, topic, detail } of letters)
      if (isOurFault(reason)) found.push(`${topic}: ${reason}: ${detail}`)
    if (nextCursor === undefined) break
    cursor = encodeURIComponent(nextCursor)
  }
  return found
}

const isOurFault = (reason: string): boolean =>
  ['internal_error', 'recompute_failed', 'refused_by_store'].includes(reason)
