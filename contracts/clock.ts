/** Wall clock in epoch milliseconds. Injected, because nothing outside `app/` may ask the machine for the time. */
export type Clock = () => number

/**
 * A time that lies further ahead of the present than this was never now: it came from a clock that was wrong, and counts as
 * the present wherever it is met. Half of what event times may be ahead (`maxAheadMs`); what clocks are corrected by
 * otherwise is seconds.
 */
export const believedAheadMs = 5 * 60_000
