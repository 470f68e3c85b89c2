import type { Broker } from 'kafkajs'
import { describeTransactions } from './raw-requests.ts'

type ApiVersions = Awaited<ReturnType<Broker['apiVersions']>>

/** Which Kafka a broker speaks like; it does not say which it is. */
export type Generation = '4.x' | '3.x' | '2.x' | 'older than 2.1'

const fetch = 1

/** By the requests a broker knows, and in which versions. */
export function generationOf(versions: ApiVersions): Generation {
  const { minVersion = 0, maxVersion = 0 } = versions[fetch] ?? {}
  // 4.0 took away what clients before 2.1 speak; 3.0 brought DescribeTransactions; 2.1 the fetch that may answer in zstd.
  if (minVersion >= 4) return '4.x'
  if (versions[describeTransactions] !== undefined) return '3.x'
  return maxVersion >= 10 ? '2.x' : 'older than 2.1'
}
