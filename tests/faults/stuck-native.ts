import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { untilStopped } from '#app/until-stopped.ts'
import { connectWarehouse, run } from '#warehouse/client.ts'

/*
 * A process that waits for a signal as `up` does, while a query of the embedded engine runs that nothing can interrupt.
 * Its argument says what follows the signal: `close` waits for the query, `exit` leaves at once, `block` runs no timer any more.
 */
const client = await connectWarehouse({ location: { path: mkdtempSync(join(tmpdir(), 'callscope-stuck-')) } })
const hours =
  "SELECT editDistance(repeat('a', 60000), concat(repeat('b', 60000), toString(x))) FROM (SELECT arrayJoin(range(5000)) AS x)"
void run(client, hours).catch(() => undefined)
process.stdout.write('ready\n')
await untilStopped(new Promise<never>(() => undefined))
if (process.argv[2] === 'exit') process.exit(0)
while (process.argv[2] === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
await client.close()
