import { believedAheadMs, type Clock } from '#contracts/clock.ts'

/** The present that everything here goes by: the machine's clock, but for jumps that time itself does not bear out. */
export interface TrustedClock {
  /** Epoch milliseconds. Asking it is what notices a jump, and its end. */
  readonly now: Clock
  /** How far the machine's clock is ahead of that now, milliseconds; negative: behind. 0 while it is believed. */
  aheadMs(): number
  /** `ok`, or by how much the clock has jumped, what follows from it and what to do. */
  health(): string
}

/** What the process before has left: the present, and where the steady clock stood if that has run on since. */
export interface KnownTime {
  readonly presentMs: number
  /** Undefined: the machine was started since, and how much time has passed is not known. */
  readonly steadyMs: number | undefined
}

export interface TrustedClockParts {
  /** The machine's clock, which may be set. */
  readonly wall: Clock
  /** Milliseconds since some moment, which go on while the machine sleeps and cannot be set. */
  readonly steady: () => number
  readonly known?: KnownTime | undefined
  /** Told of each jump with the first look at it. */
  readonly onJump?: () => void
}

/**
 * A jump ahead is believed after this long: longer than NTP needs to correct its own mistake (it asks every 1,024 s at
 * most). Until then a machine that was paused, and whose clock is right, goes by its time before the pause.
 */
export const aheadBelievedAfterMs = 30 * 60_000

/** A jump back is believed sooner: what is judged too early is judged again, and what was judged too late must not stand. */
export const backBelievedAfterMs = 2 * 60_000

/** No machine runs this program before it was written: such a clock has not been set yet. */
export const earliestMs = Date.UTC(2026, 0)

/** A timeline is the difference between epoch and steady clock: on one of them time passes as it does. */
interface State {
  lineMs: number
  /** The line as it stood a while ago: many small steps are a jump, too. */
  anchorMs: number
  anchoredAt: number
  /** Gone by before the last jump that was believed: back on it, the clock is believed at once. */
  lineBeforeMs: number | undefined
  /** The line is made up, because the clock has not been set: the first plausible one is right. */
  isMadeUp: boolean
  /** Where the machine's clock has jumped to, and since when. */
  jumped: { readonly lineMs: number; readonly since: number } | undefined
}

/**
 * Compares the machine's clock with the steady one. What both agree upon is the present; where the first has jumped by more
 * than `believedAheadMs`, the steady one goes on alone until the clock is back, or has stayed where it is for long enough.
 */
export function createTrustedClock({ wall, steady, known, onJump }: TrustedClockParts): TrustedClock {
  const state = begin(wall(), steady(), known)

  function now(): number {
    const wallMs = wall()
    const at = steady()
    const lineMs = wallMs - at
    const before = state.jumped
    if (Math.abs(lineMs - state.anchorMs) <= believedAheadMs && !state.isMadeUp) follow(state, lineMs, at)
    else if (isBelieved(state, wallMs, at)) adopt(state, lineMs, at)
    if (before === undefined && state.jumped !== undefined) onJump?.()
    return Math.floor(state.jumped === undefined ? wallMs : state.lineMs + at)
  }

  function aheadMs(): number {
    const presentMs = now()
    return state.jumped === undefined ? 0 : Math.round(wall() - presentMs)
  }

  return {
    now,
    aheadMs,
    health() {
      const byMs = aheadMs()
      return byMs === 0 ? 'ok' : sentenceOf(byMs, wall() < earliestMs)
    },
  }
}

function begin(wallMs: number, at: number, known: KnownTime | undefined): State {
  const lineMs = wallMs - at
  const expectedMs = known?.steadyMs === undefined ? undefined : known.presentMs - known.steadyMs
  const isUnset = wallMs < earliestMs
  // A clock that stands earlier than the process before it is believed: whoever has set it right starts us again.
  const isAhead = expectedMs !== undefined && lineMs - expectedMs > believedAheadMs
  const startMs = isUnset
    ? (expectedMs ?? Math.max(known?.presentMs ?? 0, earliestMs) - at)
    : isAhead
      ? expectedMs
      : lineMs
  return {
    ...{ lineMs: startMs, anchorMs: startMs, anchoredAt: at, lineBeforeMs: expectedMs },
    isMadeUp: isUnset && expectedMs === undefined,
    jumped: startMs === lineMs ? undefined : { lineMs, since: at },
  }
}

function follow(state: State, lineMs: number, at: number): void {
  state.lineMs = lineMs
  state.jumped = undefined
  if (at - state.anchoredAt < aheadBelievedAfterMs) return
  state.anchorMs = lineMs
  state.anchoredAt = at
}

/** Notes a jump with the first look at it. */
function isBelieved(state: State, wallMs: number, at: number): boolean {
  const lineMs = wallMs - at
  if (state.jumped === undefined || Math.abs(lineMs - state.jumped.lineMs) > believedAheadMs)
    state.jumped = { lineMs, since: at }
  if (wallMs < earliestMs) return false
  if (state.isMadeUp || isNear(lineMs, state.lineBeforeMs)) return true
  const waitMs = lineMs > state.lineMs ? aheadBelievedAfterMs : backBelievedAfterMs
  return at - state.jumped.since >= waitMs
}

const isNear = (lineMs: number, otherMs: number | undefined): boolean =>
  otherMs !== undefined && Math.abs(lineMs - otherMs) <= believedAheadMs

function adopt(state: State, lineMs: number, at: number): void {
  state.lineBeforeMs = state.isMadeUp ? undefined : state.lineMs
  Object.assign(state, { lineMs, anchorMs: lineMs, anchoredAt: at, isMadeUp: false, jumped: undefined })
}

function sentenceOf(byMs: number, isUnset: boolean): string {
  const seconds = Math.round(Math.abs(byMs) / 1_000)
  if (isUnset)
    return `this machine's clock has not been set (${seconds} s behind what is known): set it, and let NTP keep it`
  const [way, waitMs] =
    byMs > 0 ? (['ahead of', aheadBelievedAfterMs] as const) : (['behind', backBelievedAfterMs] as const)
  return `this machine's clock has jumped ${seconds} s ${way} the time that has passed, which goes on as before: set the clock right (NTP). One that is right, because the machine was paused, is believed after ${waitMs / 60_000} minutes`
}
