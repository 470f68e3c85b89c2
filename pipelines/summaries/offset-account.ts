/** Offsets below 2^41 and partitions below 2^11 make one exact number. */
const perPartition = 2 ** 41

/** Which announcements are dealt with, so that an offset is committed only when nothing before it waits. */
export interface OffsetAccount {
  /** Notes an announcement of so many calls. Read again after a change of owners, it counts anew. Returns its number. */
  open(partition: number, offset: number, calls: number): number
  /** One call of the announcement is done. An announcement of a forgotten partition is nobody's any more. */
  settle(announcement: number): void
  committable(): ReadonlyMap<number, number>
  forget(partition: number): void
}

export function createOffsetAccount(): OffsetAccount {
  const pending = new Map<number, Map<number, number>>()
  const next = new Map<number, number>()

  return {
    open(partition, offset, calls) {
      next.set(partition, Math.max(offset + 1, next.get(partition) ?? 0))
      if (calls > 0) {
        const ofPartition = pending.get(partition) ?? new Map<number, number>()
        pending.set(partition, ofPartition.set(offset, calls))
      }
      return partition * perPartition + offset
    },
    settle(announcement) {
      const ofPartition = pending.get(Math.floor(announcement / perPartition))
      const offset = announcement % perPartition
      const calls = ofPartition?.get(offset)
      if (ofPartition === undefined || calls === undefined) return
      if (calls > 1) ofPartition.set(offset, calls - 1)
      else ofPartition.delete(offset)
    },
    committable() {
      return new Map(
        [...next].map(([partition, offset]) => {
          // The first pending one: whatever lies before it has been done, if only before it was read again.
          const first = pending.get(partition)?.keys().next()
          return [partition, first === undefined || first.done === true ? offset : first.value] as const
        }),
      )
    },
    forget(partition) {
      pending.delete(partition)
      next.delete(partition)
    },
  }
}
