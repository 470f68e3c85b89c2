import { setImmediate } from 'node:timers/promises'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import type { Decode } from '#contracts/pipeline.ts'
import type { PackedRows } from '#contracts/warehouse.ts'
import { type Batch, createBatch, type ShowLive } from './batch.ts'
import { asFirstTaken } from './replayed.ts'

export interface BatchDecoderParts {
  readonly decode: Decode
  /** Told before the first record of a batch is decoded; again where it is decoded again. */
  readonly begin?: ((batch: Batch) => void) | undefined
  /** See `PipelineParts.newTenants`. */
  readonly newTenants?: (() => Promise<boolean>) | undefined
  readonly show?: ShowLive | undefined
  /** For the rows of a new batch, where their sink has a form of its own for any. */
  readonly pack?: (() => PackedRows | undefined) | undefined
  /** A step has thrown, which is a fault of ours: what, and where in the source. Quotes no value. */
  readonly onFault?: ((where: string) => void) | undefined
}

/** Decoded in one go: about 20 ms of samples. */
const recordsPerTurn = 2_000

/**
 * Makes batches of what was read. Steps return what they expect; one that throws all the same has met a content that nobody
 * thought of, and would meet it again after every restart. So its message is a dead letter, and all others go on as if it had
 * never come: they are decoded again without it, because nobody knows which half of its effects it has left behind.
 */
export function createBatchDecoder(parts: BatchDecoderParts): (polled: Polled) => Promise<Batch> {
  const { decode, begin, newTenants, show, pack, onFault } = parts

  async function decodeOnce({ records }: Polled, faulty: Map<LogRecord, string>): Promise<Batch> {
    const builder = createBatch(show, pack?.())
    begin?.(builder.batch)
    for (const [at, record] of records.entries()) {
      // Requests and timers must not wait for the whole of a batch.
      if (at % recordsPerTurn === 0) await setImmediate()
      builder.from(record)
      const where = faulty.size === 0 ? undefined : faulty.get(record)
      if (where !== undefined) builder.park('internal_error', toldAs(where))
      else {
        try {
          decode(asFirstTaken(record), builder)
        } catch (error) {
          faulty.set(record, whereOf(error))
        }
      }
    }
    return builder.batch
  }

  /** Once, but for a batch with a faulty message: that twice. No more often than it has messages, whatever they do. */
  async function decodeAll(polled: Polled): Promise<Batch> {
    const faulty = new Map<LogRecord, string>()
    for (let known = 0; ; known = faulty.size) {
      const batch = await decodeOnce(polled, faulty)
      if (faulty.size > known) continue
      for (const where of faulty.values()) onFault?.(where)
      return batch
    }
  }

  return async function decodeBatch(polled) {
    const first = await decodeAll(polled)
    const isOfNobody = first.parked.some(({ reason }) => reason === 'unknown_tenant')
    return isOfNobody && (await newTenants?.()) === true ? decodeAll(polled) : first
  }
}

/** What a dead letter says of it. */
export const toldAs = (where: string): string =>
  `a fault of callscope, not of the message (${where}): report it with this letter, and replay it once it is mended`

/** The kind of error and its place in the source, as `RangeError at steps/checksum.ts:70`. Its own words may quote the message. */
export function whereOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something else than an error was thrown'
  const frame = /([\w.-]+\/[\w.-]+\.[cm]?[jt]s:\d+):\d+\)?$/m.exec(error.stack ?? '')?.[1]
  // Classes are ours or Node's, and named in the source.
  return frame === undefined ? error.constructor.name : `${error.constructor.name} at ${frame}`
}
