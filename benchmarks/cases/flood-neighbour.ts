import { type Neighbours, openNeighbours } from '#tests/neighbours.ts'
import type { BenchCase, CaseOptions } from '../bench-case.ts'
import { quantile, wait } from '../measure.ts'

const quiet = 'quiet'
const floods = ['flood-1', 'flood-2', 'flood-3'] as const

interface Sizes {
  readonly rounds: number
  readonly callsPerPhase: number
  readonly floodingTenants: number
  readonly sendersOfOne: number
}

/** How late one tenant's records are beside tenants that send as much as is taken, in turn with the same alone. */
export const floodNeighbour: BenchCase = {
  name: 'flood-neighbour',
  title: 'records of a quiet tenant, alone and beside tenants that flood',
  run: ({ quick, note }) =>
    measure(
      quick
        ? { rounds: 1, callsPerPhase: 5, floodingTenants: 1, sendersOfOne: 1 }
        : { rounds: 2, callsPerPhase: 25, floodingTenants: floods.length, sendersOfOne: 2 },
      note,
    ),
}

async function measure(sizes: Sizes, note: CaseOptions['note']) {
  const install = await openNeighbours([quiet, ...floods])
  try {
    const alone: number[] = []
    const besideOne: number[] = []
    const besideAll: number[] = []
    const flooded = { accepted: 0, refused: 0, seconds: 0 }
    for (let round = 0; round < sizes.rounds; round++) {
      note(`round ${round + 1}: alone`)
      alone.push(...(await secondsUntilSeen(install, sizes.callsPerPhase)))
      note(`round ${round + 1}: beside one flood`)
      besideOne.push(...(await beside(install, sizes, { tenants: floods.slice(0, 1), flooded })))
      note(`round ${round + 1}: beside ${sizes.floodingTenants}`)
      besideAll.push(...(await beside(install, sizes, { tenants: floods.slice(0, sizes.floodingTenants), flooded })))
    }
    const ratio = (of: readonly number[], share: number): number => quantile(of, share) / quantile(alone, share)
    return {
      sizes: { ...sizes },
      figures: {
        ...{ aloneP50Seconds: quantile(alone, 0.5), aloneP99Seconds: quantile(alone, 0.99) },
        ...{ besideOneP50Seconds: quantile(besideOne, 0.5), besideOneP99Seconds: quantile(besideOne, 0.99) },
        ...{ besideAllP50Seconds: quantile(besideAll, 0.5), besideAllP99Seconds: quantile(besideAll, 0.99) },
        neverSeen: 3 * sizes.rounds * sizes.callsPerPhase - alone.length - besideOne.length - besideAll.length,
        floodAcceptedPerSecond: (4 * flooded.accepted) / flooded.seconds,
        floodRefusedRequests: flooded.refused,
      },
      ratios: {
        ...{ oneToAloneP50: ratio(besideOne, 0.5), oneToAloneP99: ratio(besideOne, 0.99) },
        ...{ allToAloneP50: ratio(besideAll, 0.5), allToAloneP99: ratio(besideAll, 0.99) },
      },
      aims: [
        { what: 'p99 beside one flood, to that alone', aim: 2, better: 'less' as const, got: ratio(besideOne, 0.99) },
        { what: 'p99 beside all floods, to that alone', aim: 2, better: 'less' as const, got: ratio(besideAll, 0.99) },
      ],
      notes: [
        'From before the request with a whole call that has ended until a look (every 200 ms) finds its record with a class; a call a second.',
        'Senders post batches of 2,000 events as fast as they are answered and heed no Retry-After; they run in the process that measures, on the same cores as the program.',
        'Phases take turns in one install, each after the calls before have their records (or 45 s), so that what else the machine does falls on all alike.',
      ],
    }
  } finally {
    await install.close()
  }
}

const stillWaiting = /^callscope_pipeline_tenant_(overdue_calls|unread_bytes)\{[^}]*\} [1-9]/m

/** Records of the flood settle after two minutes, and are computed once more: that is no flood any more. */
const longestDrainMs = 45_000

interface Flooded {
  accepted: number
  refused: number
  seconds: number
}

async function beside(
  install: Neighbours,
  { callsPerPhase, sendersOfOne }: Sizes,
  { tenants, flooded }: { readonly tenants: readonly string[]; readonly flooded: Flooded },
): Promise<readonly number[]> {
  const stopping = new AbortController()
  const began = performance.now()
  const senders = tenants.flatMap((tenant) =>
    Array.from({ length: sendersOfOne }, () => install.flood(tenant, stopping.signal)),
  )
  const found = await secondsUntilSeen(install, callsPerPhase)
  stopping.abort()
  await Promise.all(senders.map(({ ended }) => ended))
  flooded.seconds += (performance.now() - began) / 1_000
  for (const { accepted, refused } of senders) {
    flooded.accepted += accepted
    flooded.refused += refused
  }
  const until = performance.now() + longestDrainMs
  while (stillWaiting.test(await install.metrics()) && performance.now() < until) await wait(1_000)
  return found
}

let calls = 0

/** A call each second, seconds until each was seen. Those that were not two minutes after the last are left out. */
async function secondsUntilSeen(install: Neighbours, count: number): Promise<readonly number[]> {
  const sent = new Map<string, number>()
  const seconds: number[] = []
  const isSent = sendCalls(install, count, sent)
  let until = Number.POSITIVE_INFINITY
  const wasSent = () => {
    until = performance.now() + longestLookMs
  }
  void isSent.then(wasSent, wasSent)
  while (performance.now() < until && (sent.size > 0 || until === Number.POSITIVE_INFINITY)) {
    for (const id of await install.look(quiet)) {
      const sentAt = sent.get(id)
      if (sentAt !== undefined && sent.delete(id)) seconds.push((performance.now() - sentAt) / 1_000)
    }
    await wait(lookEveryMs)
  }
  await isSent
  return seconds
}

const lookEveryMs = 200
const longestLookMs = 120_000

async function sendCalls(install: Neighbours, count: number, sent: Map<string, number>): Promise<void> {
  for (let at = 0; at < count; at++) {
    const id = `quiet-${calls++}`
    sent.set(id, performance.now())
    if ((await install.sendCall(quiet, id)) !== 202) throw new Error('the quiet tenant was refused')
    await wait(1_000)
  }
}
