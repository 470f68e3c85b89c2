import type { BenchCase } from '../bench-case.ts'
import { audit } from './audit.ts'
import { callId } from './call-id.ts'
import { callList } from './call-list.ts'
import { decode } from './decode.ts'
import { disk } from './disk.ts'
import { floodNeighbour } from './flood-neighbour.ts'
import { freshness } from './freshness.ts'
import { kafka } from './kafka.ts'
import { kafkaFlood } from './kafka-flood.ts'
import { kafkaFreshness } from './kafka-freshness.ts'
import { outage } from './outage.ts'
import { page } from './page.ts'
import { quality } from './quality.ts'
import { spine } from './spine.ts'

/** In the order they run. A new case is a file and a line here. */
export const cases: readonly BenchCase[] = [
  decode,
  quality,
  disk,
  callId,
  callList,
  page,
  audit,
  freshness({ calls: 5_000, quickCalls: 500 }),
  freshness({ calls: 50_000, quickCalls: 1_000 }),
  floodNeighbour,
  spine,
  kafka,
  kafkaFreshness,
  kafkaFlood,
  outage,
]
