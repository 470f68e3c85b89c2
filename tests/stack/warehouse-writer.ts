/**
 * Child process of warehouse.test.ts: stores `count` samples of one tenant through the raw sink, batch after batch, each
 * again until it is acknowledged. Usage: node warehouse-writer.ts URL TENANT COUNT BATCH
 */
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { connectWarehouse } from '#warehouse/client.ts'
import { aRow } from './warehouse-for-tests.ts'

const [url = '', tenant = '', count = '0', batch = '1'] = process.argv.slice(2)
const client = await connectWarehouse({ location: { url }, requestTimeoutMs: 20_000 })
const sink = createRawSink({ client, retryAfterMs: 50 })
let retries = 0
for (let from = 0; from < Number(count); from += Number(batch)) {
  const rows = Array.from({ length: Number(batch) }, (_, n) => aRow('quality_samples', tenant, from + n))
  for (;;) {
    const delivery = await sink.deliver(rows, new AbortController().signal)
    if (delivery.type === 'delivered') break
    if (delivery.type === 'refused') throw new Error(delivery.rows[0]?.detail)
    retries += 1
    await new Promise((resolve) => setTimeout(resolve, delivery.afterMs))
  }
  process.stdout.write(`${from + Number(batch)}\n`)
}
await sink.close()
process.stdout.write(`retries ${retries}\n`)
