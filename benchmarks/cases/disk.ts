import type { LogRecord } from '#contracts/event-log.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { createBatch } from '#pipelines/batch.ts'
import { createLinkWriter } from '#pipelines/steps/links.ts'
import { createLinkMemory } from '#pipelines/steps/links-memory.ts'
import { createSampleDecode } from '#pipelines/steps/sample-decode.ts'
import { createLoad, simulatedTenants } from '#simulator/index.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { rowsOf, run } from '#warehouse/client.ts'
import type { BenchCase } from '../bench-case.ts'
import { diskOf } from '../disk-use.ts'
import { type Install, openInstall } from '../install.ts'
import { wait } from '../measure.ts'

const batchSize = 10_000

/** Noisy samples as the `calls` pipeline writes them, and what they take on disk. */
export const disk: BenchCase = {
  name: 'disk',
  title: 'bytes of a sample on disk',
  async run({ quick, folder, note }) {
    const calls = quick ? 2_000 : 50_000
    const samples = quick ? 100_000 : 3_000_000
    const install = await openInstall(folder)
    note(`storing ${samples} samples of ${calls} calls`)
    const messageBytes = await store(install, calls, samples)
    await mergesDone(install)
    const asMerged = await diskOf(install.warehouse, 'quality_samples')
    const columns = await rowsOf<[string, number]>(
      install.warehouse,
      `SELECT column, sum(column_data_compressed_bytes) / sum(rows) AS bytes FROM system.parts_columns
       WHERE active AND database = currentDatabase() AND table = 'quality_samples' GROUP BY column ORDER BY bytes DESC`,
    )
    note('merging all into one part')
    await run(install.warehouse, 'OPTIMIZE TABLE quality_samples FINAL')
    const final = await diskOf(install.warehouse, 'quality_samples')
    await install.stop()
    return {
      sizes: { calls, samples, messageBytes: messageBytes / samples },
      figures: {
        bytesPerSample: asMerged.bytesPerRow,
        partsAsMerged: asMerged.parts,
        bytesPerSampleFinal: final.bytesPerRow,
        partsFinal: final.parts,
      },
      ratios: { diskToMessage: (asMerged.bytesPerRow * samples) / messageBytes },
      aims: [{ what: 'bytes per sample on disk, as merged', aim: 15, better: 'less', got: asMerged.bytesPerRow }],
      notes: [
        'Real decode step and raw sink, 10,000 samples a batch. As merged: when the background merges had nothing left to do. Final: after OPTIMIZE FINAL.',
        'Everything in the active parts counts: columns, marks, primary index, checksums.',
      ],
      detail: { bytesPerSampleByColumn: Object.fromEntries(columns) },
    }
  },
}

async function store({ warehouse }: Install, calls: number, samples: number): Promise<number> {
  const tenants = new Set(simulatedTenants.map(({ id }) => id))
  const rules = { windows: defaultWindows, tenants: () => tenants }
  const writeLinks = createLinkWriter({ memory: createLinkMemory({ max: 400_000 }) })
  const decode = createSampleDecode({ ...rules, writeLinks, worstOf: () => 0 })
  const sink = createRawSink({ client: warehouse })
  const startMs = Date.now() - (samples / (2 * calls)) * 5_000
  const messages = createLoad({ seed: 5, calls, startMs }).samples()
  let bytes = 0
  for (let stored = 0; stored < samples; stored += batchSize) {
    const builder = createBatch()
    for (let at = 0; at < batchSize; at++) {
      const { value: message } = messages.next()
      if (message === undefined) throw new Error('a load has no end')
      const value = Buffer.from(message.value)
      bytes += value.length
      const place = { topic: message.topic, partition: 0, offset: stored + at, key: message.key, headers: {} }
      const record: LogRecord = { ...place, logTimeMs: Date.now(), value }
      builder.from(record)
      decode(record, builder)
    }
    const delivery = await sink.deliver(builder.batch.rows, AbortSignal.timeout(60_000))
    if (delivery.type !== 'delivered') throw new Error(`a batch was not stored: ${delivery.type}`)
  }
  return bytes
}

/** No merge under way, three looks one after another. */
async function mergesDone({ warehouse }: Install): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    await wait(1_000)
    const [row] = await rowsOf<[number]>(warehouse, `SELECT count() FROM system.merges WHERE table = 'quality_samples'`)
    quiet = row?.[0] === 0 ? quiet + 1 : 0
  }
}
