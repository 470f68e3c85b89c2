import type { LogRecord, TopicPartition } from '#contracts/event-log.ts'
import type { ClusterQuestions } from './cluster.ts'
import { recordOf } from './records.ts'

const fetchBytes = 1_048_576
// Of answers without a record that do not move on: an open transaction, or nothing yet.
const mostEmptyAnswers = 3

/** Records of one partition from an offset on, at most `limit`, without a group. Rejects where the partition does not exist. */
export async function readOn(
  cluster: ClusterQuestions,
  from: TopicPartition & { readonly offset: number },
  limit: number,
): Promise<readonly LogRecord[]> {
  const extent = (await cluster.extents([from.topic])).find(({ partition }) => partition === from.partition)
  if (extent === undefined) throw new Error(`Topic '${from.topic}' has no partition ${from.partition}.`)
  const found: LogRecord[] = []
  let offset = Math.max(from.offset, extent.start)
  for (let empty = 0; found.length < limit && offset < extent.end && empty < mostEmptyAnswers; ) {
    const batch = await cluster.fetch({ ...from, offset }, fetchBytes)
    for (const message of batch.messages.slice(0, limit - found.length)) found.push(recordOf(from, message))
    if (batch.isEmptyIncludingFiltered()) empty += 1
    else offset = Number(batch.lastOffset()) + 1
  }
  return found
}
