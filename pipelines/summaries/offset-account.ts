/** Which announcements are dealt with, so that an offset is committed only when nothing before it waits. */
export interface OffsetAccount {
  /**
   * Notes an announcement of so many calls, and gives it a number. Read again after a change of owners it gets another:
   * calls that still wait for its first reading settle nothing of its second.
   */
  open(partition: number, offset: number, calls: number): number
  /** One call of the announcement is done. An announcement read again, or of a forgotten partition, is nobody's any more. */
  settle(announcement: number): void
  committable(): ReadonlyMap<number, number>
  /** Announcements that are not done. */
  readonly size: number
  forget(partition: number): void
}

interface Announcement {
  readonly partition: number
  readonly offset: number
  readonly number: number
  calls: number
}

export function createOffsetAccount(): OffsetAccount {
  const byNumber = new Map<number, Announcement>()
  const pending = new Map<number, Map<number, Announcement>>()
  const next = new Map<number, number>()
  let opened = 0

  return {
    get size() {
      return byNumber.size
    },
    open(partition, offset, calls) {
      opened += 1
      next.set(partition, Math.max(offset + 1, next.get(partition) ?? 0))
      if (calls === 0) return opened
      const ofPartition = pending.get(partition) ?? new Map<number, Announcement>()
      pending.set(partition, ofPartition)
      const before = ofPartition.get(offset)
      if (before !== undefined) byNumber.delete(before.number)
      const announcement = { partition, offset, number: opened, calls }
      ofPartition.set(offset, announcement)
      byNumber.set(opened, announcement)
      return opened
    },
    settle(number) {
      const announcement = byNumber.get(number)
      if (announcement === undefined) return
      announcement.calls -= 1
      if (announcement.calls > 0) return
      byNumber.delete(number)
      pending.get(announcement.partition)?.delete(announcement.offset)
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
      for (const { number } of pending.get(partition)?.values() ?? []) byNumber.delete(number)
      pending.delete(partition)
      next.delete(partition)
    },
  }
}
