import { shortCause } from '#contracts/clickhouse-errors.ts'

export interface Check {
  readonly what: string
  readonly ok: boolean
  /** What was found; when it is not well, with the fix. */
  readonly found: string
}

export const well = (what: string, found: string): Check => ({ what, ok: true, found })
export const unwell = (what: string, found: string): Check => ({ what, ok: false, found })

/** Longest that one question may take: an operator waits for the answer. */
export const askMs = 10_000

/** Asks, and puts what is thrown in words: codes and kinds only, because messages of stores quote addresses and values. */
export async function asked(
  what: string,
  fix: string,
  ask: () => Promise<Check | readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    const answer = await ask()
    return 'what' in answer ? [answer] : answer
  } catch (error) {
    return [unwell(what, `${causeOf(error).replace(/\.$/, '')}: ${fix}`)]
  }
}

function causeOf(error: unknown): string {
  // fetch hides what went wrong one level down.
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return shortCause(inner)
}

/** Clocks that differ by more than this put samples into the wrong minutes, and settle calls too early. */
const maxSkewMs = 5_000

/** How far the store's clock is from ours, taken half-way between question and answer. */
export function skewCheck(what: string, theirsMs: number, { sentMs, gotMs }: { sentMs: number; gotMs: number }): Check {
  const skewMs = Math.round(theirsMs - (sentMs + gotMs) / 2)
  const found = `${skewMs >= 0 ? '+' : ''}${(skewMs / 1_000).toFixed(1)} s against this machine's`
  return Math.abs(skewMs) <= maxSkewMs
    ? well(`${what} clock`, found)
    : unwell(`${what} clock`, `${found}: set both by NTP; times are judged by the brokers' clock`)
}
