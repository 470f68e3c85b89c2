import type { Partition, Partitions } from './partitions.ts'

export interface GroupMember {
  readonly topics: readonly string[]
  /** Something this member may want to know has happened: new records, a new generation, the end. */
  wake(): void
}

/** Who reads what. Lives in memory: after a restart everybody joins anew. */
export interface GroupCoordinator {
  join(group: string, member: GroupMember): void
  leave(group: string, member: GroupMember): void
  /** Start a new generation of the same members: all of them go back to what is committed. */
  restart(group: string): void
  generation(group: string): number
  assignment(group: string, member: GroupMember): readonly Partition[]
  /** Topics that the group's present members subscribe to. */
  topics(group: string): readonly string[]
  groups(): readonly string[]
  wakeAll(): void
}

interface Group {
  generation: number
  readonly members: GroupMember[]
}

export function createGroupCoordinator(partitions: Partitions): GroupCoordinator {
  const groups = new Map<string, Group>()

  function open(name: string): Group {
    let group = groups.get(name)
    if (group === undefined) {
      group = { generation: 0, members: [] }
      groups.set(name, group)
    }
    return group
  }

  function restart(name: string): void {
    const group = open(name)
    group.generation += 1
    for (const member of group.members) member.wake()
  }

  return {
    join(name, member) {
      open(name).members.push(member)
      restart(name)
    },
    leave(name, member) {
      const { members } = open(name)
      const at = members.indexOf(member)
      if (at < 0) return
      members.splice(at, 1)
      restart(name)
    },
    restart,
    generation: (name) => groups.get(name)?.generation ?? 0,
    assignment: (name, member) =>
      member.topics.flatMap((topic) => {
        // Partition p goes to member p mod n, in order of joining: even, and equal numbers of two topics meet in one hand.
        const sharers = open(name).members.filter(({ topics }) => topics.includes(topic))
        const place = sharers.indexOf(member)
        return partitions.of(topic).filter(({ partition }) => partition % sharers.length === place)
      }),
    topics: (name) => [...new Set(groups.get(name)?.members.flatMap(({ topics }) => topics))],
    groups: () => [...groups.keys()],
    wakeAll() {
      for (const { members } of groups.values()) for (const member of members) member.wake()
    },
  }
}
