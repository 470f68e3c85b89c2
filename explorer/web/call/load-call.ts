import type { WholeCall } from '#contracts/warehouse.ts'
import { ApiError, getJson } from '../api.ts'
import type { CallSamples } from '../api-types.ts'
import { now } from '../world.ts'

export interface CallAnswer {
  readonly whole: WholeCall
  readonly samples: CallSamples | undefined
  /** Why there are no samples, where that is an error. */
  readonly samplesError: Error | undefined
}

/**
 * Samples are most of the bytes of a call: while it goes on they are asked for this often at most. A little less than
 * the page asks for the call by itself (use-call.ts), or each second turn would come too early.
 */
const samplesEveryMs = 9_000

interface Samples extends Omit<CallAnswer, 'whole'> {
  /** Version of the record that they came with, and when they were asked for. */
  readonly version: number
  readonly askedMs: number
}

/** Loads one call, again and again: its samples only where they may have changed. */
export function createCallLoader(id: string, tenant: string | undefined) {
  let answer: CallAnswer | undefined
  let known: Samples | undefined

  const loadWhole = (signal: AbortSignal): Promise<WholeCall> => getJson<WholeCall>('/api/call', { id, tenant }, signal)

  return async function loadCall(signal: AbortSignal): Promise<CallAnswer> {
    const askedMs = now()
    // The first time both are wanted for sure, and nobody should wait for one after the other.
    const first = known === undefined ? loadSamples({ id, tenant }, signal) : undefined
    const [whole, came] = await Promise.all([loadWhole(signal), first])
    if (came !== undefined) known = { ...came, version: whole.version, askedMs }
    else if (known === undefined || isDue(known, whole, askedMs))
      known = { ...(await loadSamples({ id, tenant }, signal)), version: whole.version, askedMs }
    const { samples, samplesError } = known
    // Nothing new: the same object, so that nothing is drawn again.
    const isSame = answer?.whole.version === whole.version && answer.whole.record.id === whole.record.id
    if (answer !== undefined && isSame && answer.samples === samples && answer.samplesError === samplesError)
      return answer
    answer = { whole, samples, samplesError }
    return answer
  }
}

function isDue({ version, askedMs, samplesError }: Samples, whole: WholeCall, nowMs: number): boolean {
  if (version === whole.version && samplesError === undefined) return false
  return whole.record.state === 'settled' || nowMs - askedMs >= samplesEveryMs
}

/** Without samples the page still has its minutes: an error here must not take the call away. */
async function loadSamples(
  call: { readonly id: string; readonly tenant: string | undefined },
  signal: AbortSignal,
): Promise<Omit<CallAnswer, 'whole'>> {
  try {
    return { samples: await getJson<CallSamples>('/api/call/samples', call, signal), samplesError: undefined }
  } catch (error) {
    if (error instanceof ApiError) return { samples: undefined, samplesError: error }
    throw error
  }
}
