import type { ArchiveIndex, Cut } from '#contracts/archive.ts'
import type { EventLog, TopicPartition } from '#contracts/event-log.ts'

/** Where archiving of a partition begins or goes on. */
export interface Start extends Pick<Cut, 'topic' | 'partition' | 'epoch' | 'fromOffset'> {
  /** Messages that the log forgot before they were archived. */
  readonly lost: number
}

export interface ResumeParts {
  readonly index: Pick<ArchiveIndex, 'last'>
  readonly log: Pick<EventLog, 'extent' | 'read'>
}

/**
 * Where archiving of a partition goes on: after what the index knows, whatever the group has committed. What a registry
 * restored from yesterday does not know is archived again, under the same names; what the log lost since is counted. An
 * index that speaks of another log (the topic was made anew) says nothing: it is archived from its start, as another epoch.
 */
export async function resumeAt(place: TopicPartition, { index, log }: ResumeParts): Promise<Start> {
  const { topic, partition } = place
  const extents = await log.extent(topic)
  const extent = extents.find((one) => one.partition === partition) ?? { start: 0, end: 0 }
  const last = await index.last(place)
  if (last === undefined) return { topic, partition, epoch: 0, fromOffset: extent.start, lost: 0 }
  if (!(await isSameLog(last, extent, log)))
    return { topic, partition, epoch: last.epoch + 1, fromOffset: extent.start, lost: 0 }
  const fromOffset = Math.max(last.toOffset, extent.start)
  return { topic, partition, epoch: last.epoch, fromOffset, lost: fromOffset - last.toOffset }
}

/** The message before the end of the last cut is where it was, with the time it had; or it has been forgotten, and nobody can tell. */
async function isSameLog(
  { topic, partition, toOffset, lastLogMs }: Cut,
  { start, end }: { readonly start: number; readonly end: number },
  log: Pick<EventLog, 'read'>,
): Promise<boolean> {
  if (end < toOffset) return false
  if (start >= toOffset) return true
  const [record] = await log.read({ topic, partition, offset: toOffset - 1 }, 1)
  return record !== undefined && record.offset === toOffset - 1 && record.logTimeMs === lastLogMs
}
