/** The page's clock and chance: the only place that reads them, so that everything else can be handed others. */
export const now = (): number => Date.now()

/** 0 (inclusive) to 1 (exclusive). */
export const chance = (): number => Math.random()
