import { shardCount } from './topics.ts'

/**
 * murmur2 as Kafka's default partitioner computes it (org.apache.kafka.common.utils.Utils.murmur2), on UTF-8 bytes.
 * Returns the positive form (sign bit cleared) that Kafka takes the modulo of.
 */
export function murmur2(text: string): number {
  const data = encoder.encode(text)
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ data.length
  let i = 0
  for (; i + 4 <= data.length; i += 4) {
    let k = word(data, i)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = data.length - i
  if (rest >= 3) h ^= byte(data, i + 2) << 16
  if (rest >= 2) h ^= byte(data, i + 1) << 8
  if (rest >= 1) h = Math.imul(h ^ byte(data, i), m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  h ^= h >>> 15
  return h & 0x7fffffff
}

/** The partition Kafka's default partitioner picks for a key. */
export const partitionOf = (key: string, partitions: number): number => murmur2(key) % partitions

/** The shard that owns a call's recompute. The only place it is computed: in TypeScript, never in SQL. */
export const shardOf = (tenant: string, id: string): number => murmur2(`${tenant}\u0000${id}`) % shardCount

const encoder = new TextEncoder()
const byte = (data: Uint8Array, at: number): number => data[at] ?? 0
const word = (data: Uint8Array, at: number): number =>
  byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24)
