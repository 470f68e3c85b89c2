import type { PlacedLane } from './placed-lane.ts'

export interface Sights {
  observe(row: HTMLElement): void
  unobserve(row: HTMLElement): void
  disconnect(): void
}

/** Notes of every lane whether it is in sight, or near it, and says so when that changes. */
export function watchSights(lanes: ReadonlyMap<Element, PlacedLane>, changed: () => void): Sights {
  const watch = (rootMargin: string, note: (lane: PlacedLane, isIn: boolean) => void): IntersectionObserver =>
    new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const lane = lanes.get(target)
          if (lane !== undefined) note(lane, isIntersecting)
        }
        changed()
      },
      { rootMargin },
    )
  const seen = watch('0px', (lane, isIn) => {
    lane.inSight = isIn
  })
  // Half a screen ahead: what is scrolled to has been painted.
  const near = watch('400px 0px', (lane, isIn) => {
    lane.isNear = isIn
  })
  return {
    observe(row) {
      seen.observe(row)
      near.observe(row)
    },
    unobserve(row) {
      seen.unobserve(row)
      near.unobserve(row)
    },
    disconnect() {
      seen.disconnect()
      near.disconnect()
    },
  }
}
