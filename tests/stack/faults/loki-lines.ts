import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const answer = z.object({
  data: z.object({
    result: z.array(z.object({ stream: z.record(z.string(), z.string()), values: z.array(z.unknown()) })),
  }),
})

/** Loki gives no more lines than this for one question (limits_config). */
const maxLines = 5_000
const dayMs = 86_400_000

/**
 * Distinct lines of an organisation, by the identity that each carries. Counting in Loki itself counts a line that came
 * again twice, for as long as one of the two is only in memory.
 */
export async function countLokiLines(url: string, org: string, span: readonly [number, number]): Promise<number> {
  // What happened more than three hours ago is looked for in chunks alone, and these lines may still be in memory.
  await fetch(`${url}/flush`, { method: 'POST' })
  let last = -1
  for (let look = 0; look < mostLooks; look++) {
    const count = await countOnce(url, org, span)
    if (count > 0 && count === last) return count
    last = count
    await sleep(lookEveryMs)
  }
  return last
}

/** A flushed chunk can be found when its index has been written: within seconds. */
const mostLooks = 20
const lookEveryMs = 3_000

async function countOnce(url: string, org: string, [fromMs, toMs]: readonly [number, number]): Promise<number> {
  const seen = new Set<string>()
  for (let from = fromMs; from < toMs; from += dayMs)
    await collect({ url, org, seen }, from, Math.min(toMs, from + dayMs))
  return seen.size
}

interface Collecting {
  readonly url: string
  readonly org: string
  readonly seen: Set<string>
}

async function collect(collecting: Collecting, fromMs: number, toMs: number): Promise<void> {
  const { url, org, seen } = collecting
  const query = new URLSearchParams({
    query: '{service_name=~".+"} | line_hash != ""',
    ...{ start: `${fromMs}000000`, end: `${toMs}000000`, limit: String(maxLines), direction: 'forward' },
  })
  const response = await fetch(`${url}/loki/api/v1/query_range?${query}`, { headers: { 'x-scope-orgid': org } })
  if (!response.ok) throw new Error(`Loki answers ${response.status}: ${(await response.text()).slice(0, 200)}`)
  const { result } = answer.parse(await response.json()).data
  const lines = result.reduce((sum, { values }) => sum + values.length, 0)
  if (lines >= maxLines && toMs - fromMs > 1) {
    const middle = Math.floor((fromMs + toMs) / 2)
    await collect(collecting, fromMs, middle)
    await collect(collecting, middle, toMs)
    return
  }
  for (const { stream } of result) if (stream.line_hash !== undefined) seen.add(stream.line_hash)
}
