import { liveScore } from '#app/live-score.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { type QualitySample, qualitySample } from '#contracts/signals/quality-sample.ts'
import { announcements } from '#pipelines/announce.ts'
import { type Batch, createBatch, rowCount } from '#pipelines/batch.ts'
import { createReader, schemasByType } from '#pipelines/steps/cloud-event.ts'
import { createLinkWriter } from '#pipelines/steps/links.ts'
import { createLinkMemory } from '#pipelines/steps/links-memory.ts'
import { createSampleDecode } from '#pipelines/steps/sample-decode.ts'
import { worstOf } from '#quality/interval-thresholds.ts'
import { defaultProfile } from '#quality/profile.ts'
import { createIntervalScorer } from '#quality/score-interval.ts'
import { createLoad, simulatedTenants } from '#simulator/index.ts'
import { createPackedSamples, type PackedSamples } from '#sinks/clickhouse/packed-samples.ts'
import type { BenchCase } from '../bench-case.ts'
import { median, seconds } from '../measure.ts'

/** As the `calls` pipeline polls them. */
const batchSize = 30_000

const tenants = new Set(simulatedTenants.map(({ id }) => id))
const rules = { windows: defaultWindows, tenants: () => tenants }

/** One thread, everything in memory: the step itself, beside what its input costs to parse whoever reads it. */
export const decode: BenchCase = {
  name: 'decode',
  title: 'decode and validate samples on one thread',
  async run({ quick, note }) {
    const calls = quick ? 2_000 : 50_000
    const samples = quick ? 30_000 : 120_000
    const rounds = quick ? 3 : 9
    const records = recordsOf(calls, samples)
    const bytes = records.reduce((sum, { value }) => sum + value.length, 0)
    note(`${samples} samples of ${calls} calls, ${Math.round(bytes / samples)} bytes each, ${rounds} rounds`)

    const subjects = subjectsOf(records)
    const wall = new Map<string, number[]>([...subjects.keys()].map((name) => [name, []]))
    const busy = new Map<string, number[]>([...subjects.keys()].map((name) => [name, []]))
    // All in each round, and the first round not counted: what warms up or slows down does so for all alike.
    for (let round = 0; round <= rounds; round++) {
      for (const [name, work] of subjects) {
        const before = process.threadCpuUsage()
        const took = seconds(work)
        const { user, system } = process.threadCpuUsage(before)
        if (round === 0) continue
        wall.get(name)?.push(samples / took)
        busy.get(name)?.push((1e6 * samples) / (user + system))
      }
    }
    const rate = (name: string): number => median(wall.get(name) ?? [])
    const figures = Object.fromEntries(
      [...subjects.keys()].flatMap((name) => [
        [`${name}PerSecond`, rate(name)],
        [`${name}PerCpuSecond`, median(busy.get(name) ?? [])],
      ]),
    )
    return {
      sizes: { calls, samples, bytesPerSample: bytes / samples, rounds, batchSize },
      figures,
      ratios: {
        decodeToJsonParse: rate('decode') / rate('jsonParse'),
        readerToJsonParse: rate('reader') / rate('jsonParse'),
      },
      aims: [{ what: 'decode and validate, samples/s', aim: 250_000, better: 'more', got: rate('decode') }],
      notes: [
        'jsonParse: JSON.parse of the same bytes, decoded as UTF-8 the fastest way Node has (Buffer.toString).',
        'reader: JSON, schema, tenant and times. decode: the whole step into a batch (cells, packed as columns, checksum, links, change, live score), 30,000 records a batch.',
        'PerCpuSecond: by the CPU time of the thread, which other programs on the machine take nothing from.',
        'native, announce: what follows on the same thread, for scale: the columns as one block, changes as messages.',
      ],
    }
  },
}

function recordsOf(calls: number, samples: number): readonly LogRecord[] {
  const load = createLoad({ seed: 1, calls, startMs: Date.now() - 60_000 })
  const records: LogRecord[] = []
  for (const { topic, key, value } of load.samples()) {
    if (records.length === samples) break
    const place = { topic, partition: 0, offset: records.length, logTimeMs: Date.now(), key, headers: {} }
    records.push({ ...place, value: Buffer.from(value) })
  }
  return records
}

function subjectsOf(records: readonly LogRecord[]): ReadonlyMap<string, () => void> {
  const scorer = createIntervalScorer(defaultProfile)
  const linkMemory = createLinkMemory({ max: 400_000 })
  const read = createReader<QualitySample>({ ...rules, schemas: schemasByType<QualitySample>([qualitySample]) })
  const decodeSample = createSampleDecode({
    ...rules,
    writeLinks: createLinkWriter({ memory: linkMemory }),
    worstOf: liveScore(() => scorer, worstOf),
  })
  const batches = Array.from({ length: Math.ceil(records.length / batchSize) }, (_, at) =>
    records.slice(at * batchSize, (at + 1) * batchSize),
  )
  let shown = 0
  const decodeBatch = (ofBatch: readonly LogRecord[]): Batch => {
    const links = linkMemory.begin()
    // Shown as in a running pipeline: nothing of a decoded sample is kept but its row.
    const builder = createBatch(() => ++shown > 0, createPackedSamples())
    for (const record of ofBatch) {
      builder.from(record)
      decodeSample(record, builder)
    }
    links.confirm()
    if (rowCount(builder.batch) < ofBatch.length) throw new Error('a sample of the load was refused')
    return builder.batch
  }
  // One batch's result for the steps after it: all of them would fill the heap, and every collection with them.
  const [first = []] = batches
  const decoded = decodeBatch(first)
  const eachBatch = (work: (batch: Batch) => void) => () => {
    for (let turn = 0; turn < batches.length; turn++) work(decoded)
  }

  return new Map([
    ['jsonParse', () => records.forEach(({ value }) => void JSON.parse((value as Buffer).toString()))],
    ['reader', () => records.forEach((record) => void read(record))],
    ['decode', () => batches.forEach((ofBatch) => void decodeBatch(ofBatch))],
    ['native', eachBatch(({ packed }) => void (packed as PackedSamples).columns?.block())],
    ['announce', eachBatch(({ changes }) => void announcements(changes.values()))],
  ])
}
