import type { ArchivePlan } from '#collectors/http/ports.ts'
import type { ArchivedObject, ArchiveFilter, ObjectState } from '#contracts/archive.ts'
import type { Archive } from './open-archive.ts'

/** Objects asked for at once; each is one small request. */
const askedAtOnce = 16
/** Keys told; all are counted. */
const toldMost = 20

/** Asks for each object whether it can be read now, and reads none. */
export async function planReplay(
  { store, index }: Pick<Archive, 'store' | 'index'>,
  filter: ArchiveFilter,
  nowMs: number,
): Promise<ArchivePlan> {
  const plan = {
    ...{ objects: 0, rows: 0, bytes: 0, expired: 0 },
    frozen: { objects: 0, restoring: 0, keys: [] as string[] },
    missing: { objects: 0, keys: [] as string[] },
  }

  function note(object: ArchivedObject, state: ObjectState): void {
    if (state.type === 'missing' && object.retentionUntilMs <= nowMs) {
      plan.expired++
      return
    }
    plan.objects++
    plan.rows += object.rows
    plan.bytes += object.bytes
    if (state.type === 'ready') return
    const group = state.type === 'frozen' ? plan.frozen : plan.missing
    group.objects++
    if (state.type === 'frozen' && state.restoring) plan.frozen.restoring++
    if (group.keys.length < toldMost) group.keys.push(object.key)
  }

  for await (const objects of inGroups(index.objects(filter), askedAtOnce)) {
    const states = await Promise.all(objects.map(({ key }) => store.head(key)))
    for (const [at, state] of states.entries()) note(objects[at] as ArchivedObject, state)
  }
  return plan
}

async function* inGroups<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<readonly Item[]> {
  let group: Item[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
