import { expect, test } from 'vitest'
import type { WatermarkEntry } from '#contracts/registry.ts'
import { createGonePartitions } from './gone-partitions.ts'

const entry = (source: string, watermarkMs: number): WatermarkEntry => ({
  ...{ tenant: '*', source, watermarkMs, atEnd: true },
})

test('a partition that the log does not have holds nobody back for long, and one that is new is left alone', async () => {
  let entries = [
    ...[entry('call-events/0', 900), entry('call-events/7', 100), entry('call-events/8', 900)],
    entry('import:7b0c', 0),
  ]
  const letGo = createGonePartitions({
    log: { extent: async (topic) => [{ topic, partition: 0, start: 0, end: 9 }] },
    watermarks: {
      read: async () => entries,
      async remove(gone) {
        entries = entries.filter(({ source }) => source !== gone)
      },
    },
  })
  expect(await letGo()).toEqual([])
  entries = entries.map((known) => (known.source === 'call-events/8' ? entry('call-events/8', 901) : known))
  expect(await letGo()).toEqual(['call-events/7'])
  expect(entries.map(({ source }) => source)).toEqual(['call-events/0', 'call-events/8', 'import:7b0c'])
})
