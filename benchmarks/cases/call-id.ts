import { createLoad } from '#simulator/index.ts'
import { rowsOf } from '#warehouse/client.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import type { BenchCase } from '../bench-case.ts'
import { openInstall } from '../install.ts'
import { callsOf } from '../load-calls.ts'
import { quantile, secondsOf } from '../measure.ts'
import { seedSamples, seedTelemetry } from '../seed-warehouse.ts'

const intervalMs = 5_000
const samplesPerCall = 100
const linesPerCall = 5
const dayMs = 86_400_000

/** One call among many: what `callscope call ID` and the call's page wait for. */
export const callId: BenchCase = {
  name: 'call-id',
  title: 'one call, whole, by its id',
  async run({ quick, folder, note }) {
    const calls = quick ? 2_000 : 100_000
    const asked = quick ? 100 : 500
    const install = await openInstall(folder)
    const { log, warehouse } = install
    const load = createLoad({ seed: 4, calls, startMs: Date.now() - 600_000, oldestMs: dayMs })
    const all = callsOf(load)
    note(`laying ${calls * samplesPerCall} samples of ${calls} calls into raw`)
    const samples = await seedSamples(warehouse, { calls: all, perStream: () => samplesPerCall / 2, intervalMs })
    await seedTelemetry(warehouse, all, linesPerCall)
    note('appending their events, making their minutes and records')
    await appendEvents(
      log,
      load,
      all.map(({ startedMs }) => startedMs + 8_000 + (samplesPerCall / 2) * intervalMs),
    )
    const pipelines = await install.startPipelines()
    const computeSeconds = await secondsOf(() => pipelines.drained())
    const [stored] = await rowsOf<[number]>(warehouse, 'SELECT count() FROM calls FINAL WHERE is_deleted = 0')
    if (stored?.[0] !== calls) throw new Error(`${stored?.[0]} records of ${calls} calls`)

    note(`made in ${computeSeconds.toFixed(1)} s; asking for ${asked} of them, with the pipelines on`)
    const client = await install.connect()
    const reader = createCallReader(client)
    // Spread over all by a step that is prime to any number of calls here; the first ten warm caches up.
    const ids = Array.from({ length: asked + 10 }, (_, at) => all[(at * 7_919) % all.length]?.id ?? '')
    const took: number[] = []
    const bare: number[] = []
    for (const id of ids) {
      took.push(
        await secondsOf(async () => {
          const whole = await reader.whole(undefined, id)
          if (whole === undefined || whole.logs.length !== linesPerCall) throw new Error(`call ${id} is not whole`)
        }),
      )
      bare.push(await secondsOf(() => rowsOf(client, 'SELECT 1')))
    }
    const ms = took.slice(10).map((value) => 1_000 * value)
    const bareMs = bare.slice(10).map((value) => 1_000 * value)
    await install.stop()
    return {
      sizes: { calls, samples, asked, logLines: calls * linesPerCall, spans: calls * linesPerCall },
      figures: {
        p50Ms: quantile(ms, 0.5),
        p95Ms: quantile(ms, 0.95),
        p99Ms: quantile(ms, 0.99),
        maxMs: quantile(ms, 1),
        bareQueryP50Ms: quantile(bareMs, 0.5),
        computeSeconds,
        computedSamplesPerSecond: samples / computeSeconds,
      },
      ratios: { wholeToBareQuery: quantile(ms, 0.5) / quantile(bareMs, 0.5) },
      aims: [{ what: 'call ID, p95 ms', aim: 150, better: 'less', got: quantile(ms, 0.95) }],
      notes: [
        'Samples, log lines and spans were laid into raw by SQL; events came through the log; minutes and records were made by the real pipelines.',
        'CallReader.whole, one after another, each for another call of any tenant; pipelines on and without input. bareQuery: SELECT 1 over the same connection.',
      ],
    }
  },
}

async function appendEvents(
  log: { append(records: readonly { topic: string; key: string; value: string }[]): Promise<void> },
  load: ReturnType<typeof createLoad>,
  endsMs: readonly number[],
): Promise<void> {
  const events = [...load.starts(), ...endsMs.map((atMs, at) => load.end(at, atMs))]
  for (let from = 0; from < events.length; from += 5_000) {
    await log.append(events.slice(from, from + 5_000).map(({ topic, key, value }) => ({ topic, key, value })))
  }
}
