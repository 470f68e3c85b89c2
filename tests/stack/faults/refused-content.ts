import { setTimeout as sleep } from 'node:timers/promises'
import type { NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { shardOf } from '#contracts/sharding.ts'
import { topicNames } from '#contracts/topics.ts'
import type { Stage } from './stage.ts'

const tenant = 'acme'
/** Halves of characters: JSON can write them, and the warehouse refuses the statement in which they stand. */
const ids = ['\ud800a', 'b\udb00', 'c\udc00', '\ude00\ud83d']

const event = (topic: string, type: string, id: string, data: object): NewRecord => ({
  ...{ topic, key: null, headers: { [recordHeaders.tenant]: tenant } },
  value: JSON.stringify({
    ...{ specversion: '1.0', id: `${type}-refused`, source: '/refused', type, correlationid: id },
    ...{ time: new Date().toISOString(), data },
  }),
})

/** As a version announced it that took such ids. */
const announced = (id: string): NewRecord => {
  const change = { tenant, id, minutes: [], rescore: true, cumulative: false, urgency: 'now', worst: 0 }
  const value = JSON.stringify({ v: 1, changes: [change] })
  return { topic: topicNames.callChanges, key: null, partition: shardOf(tenant, id), value }
}

const sample = { observer: 'sbc', direction: 'receive', interval_ms: 1_000, packets_received: 50 }

const refused: readonly NewRecord[] = ids.flatMap((id) => [
  event(topicNames.callEvents, 'call.started', id, {}),
  event(topicNames.callEvents, 'call.ended', id, { sip_code: 200 }),
  event(topicNames.callEvents, 'call.answered', 'whole', { carrier: id }),
  event(topicNames.qualitySamples, 'quality.sample', id, sample),
  announced(id),
])

/** How often it is sent. */
const rounds = 3

/** Dead letters that it comes to: one of each body, however often it is sent. */
export const refusedLetters = { invalid_schema: refused.length }

/** Content that a store refuses, in events, samples and announcements of an earlier version. */
export async function sendRefusedContent({ install }: Pick<Stage, 'install'>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await sleep(2_000)
    await install.log.append(refused)
  }
}
