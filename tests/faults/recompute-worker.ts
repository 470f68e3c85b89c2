/**
 * Child process of `recompute-kills.test.ts`: two owners of shards on one folder. First it ends what its predecessor left
 * behind and tells what came of it; then it plays a pair of calls, and kills itself at one write of their merge.
 * Usage: fork(recompute-worker.ts, [JSON of WorkerOrder])
 */
import { openInstall } from './install.ts'
import { linkedPair } from './linked-pair.ts'
import { type Around, type Write, wrapWrites } from './writes.ts'

export interface WorkerOrder {
  readonly folder: string
  readonly tenants: readonly string[]
  /** Tenant of the pair before, to be told about. */
  readonly told: string | undefined
  /** What to play and when to die of it; undefined: only to tell. */
  readonly played:
    | { readonly tenant: string; readonly write: Write; readonly when: 'before' | 'during' | 'after' }
    | undefined
  readonly startMs: number
}

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder
const { folder, tenants, told, played, startMs } = order
process.on('disconnect', () => process.exit(1))

let armed = false
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined) // the signal is on its way: nothing more may be done
}
const around: Around = async (write, carryOut) => {
  if (!armed || played?.write !== write) return carryOut()
  if (played.when === 'before') return die()
  const result = carryOut()
  if (played.when === 'after') await result
  return die()
}

const install = await openInstall({ folder, tenants, wrap: wrapWrites(around) })
await install.join('calls', 'summaries')
await install.join('summaries')
const pair = played === undefined ? undefined : linkedPair(played.tenant, startMs)
await install.log.append(pair?.before ?? [])
await install.settled()
if (told !== undefined) {
  const records = await install.records(told)
  await new Promise((sent) => process.send?.(records, sent))
}
armed = true
await install.log.append(pair?.late ?? [])
await install.settled()
await install.close()
process.exit(0)
