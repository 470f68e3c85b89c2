import type { EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { Logger } from './logger.ts'

/** The warehouse does not write each part through to the disk: this much running time may be missing after power loss. */
const rewindMs = 10 * 60_000

/**
 * After an unclean stop, with `durability: power`, readers go back to the offsets they had ten minutes of running time
 * before. Returns the offsets below which messages were read before (by `topic/partition`): they feed the stores again, and
 * neither counters nor live metrics.
 */
export async function rewindAfterUncleanStop(
  log: EmbeddedLog,
  groups: readonly string[],
  durability: 'power' | 'process',
  logger: Logger,
): Promise<ReadonlyMap<string, number>> {
  if (!log.openedAfterUncleanStop || durability === 'process') return new Map()
  const before = new Map(
    // Those that count: no two of them read one topic.
    ['calls', 'traces', 'activity']
      .flatMap((group) => log.lag(group))
      .flatMap(({ topic, partition, committed }) =>
        committed === undefined ? [] : [[`${topic}/${partition}`, committed] as const],
      ),
  )
  for (const group of groups) await log.rewind(group, rewindMs)
  logger.info({ minutes: rewindMs / 60_000 }, 'the last stop was not clean: reading the last minutes again, to be sure')
  return before
}
