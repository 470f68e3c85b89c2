import { expect, test } from 'vitest'
import { kafkaConfig } from './config.ts'
import { createKafkaLog } from './kafka-log.ts'

test("the log's present time goes on evenly when this machine's clock is set", async () => {
  let wall = Date.UTC(2026, 2, 1)
  let steady = 5_000
  const log = createKafkaLog({
    config: kafkaConfig.parse({ brokers: ['127.0.0.1:1'] }),
    clock: () => wall,
    monotonic: () => steady,
    observer: { trouble: () => undefined, client: () => undefined },
  })
  steady += 1_000
  for (const jumpMs of [3_600_000, -7_200_000]) {
    wall += jumpMs
    expect(log.nowMs()).toBe(Date.UTC(2026, 2, 1) + 1_000)
  }
  await log.close()
})
