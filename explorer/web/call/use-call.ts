import { useEffect, useRef } from 'preact/hooks'
import type { WholeCall } from '#contracts/warehouse.ts'
import { ApiError, getJson } from '../api.ts'
import type { CallSamples } from '../api-types.ts'
import { openLive } from '../live.ts'
import { type Loaded, useLoaded } from '../use-loaded.ts'

export interface CallAnswer {
  readonly whole: WholeCall
  readonly samples: CallSamples | undefined
  /** Why there are no samples, where that is an error. */
  readonly samplesError: Error | undefined
}

/** A record that is not settled is asked for again this often, whatever the live stream says. */
const againMs = 10_000
/** The live stream may name a call several times a second. */
const settleMs = 1_500

/** The call with its samples, kept up to date until it is settled. */
export function useCall(id: string, tenant: string | undefined): Loaded<CallAnswer> {
  const last = useRef<CallAnswer>(undefined)
  const loaded = useLoaded<CallAnswer>(`call ${tenant ?? ''} ${id}`, async (signal) => {
    last.current = await loadCall(id, tenant, last.current, signal)
    return last.current
  })
  const { again } = loaded
  const isKnown = loaded.value !== undefined
  const isSettled = loaded.value?.whole.record.state === 'settled'
  const memberIds = loaded.value?.whole.record.correlationIds.join(' ') ?? id
  useEffect(() => {
    if (!isKnown) return
    const members = new Set([id, ...memberIds.split(' ')])
    let waiting: ReturnType<typeof setTimeout> | undefined
    const soon = (): void => {
      waiting ??= setTimeout(() => {
        waiting = undefined
        again()
      }, settleMs)
    }
    // A settled call too: late facts may still change it, and the stream shows that the server is there.
    const live = openLive(
      { q: id, ...(tenant === undefined ? {} : { tenant }) },
      {
        calls: ({ calls, gone }) => [...calls, ...gone].some((call) => members.has(call.id)) && soon(),
        reset: soon,
      },
    )
    const clock = isSettled ? undefined : setInterval(soon, againMs)
    return () => {
      live.close()
      clearInterval(clock)
      clearTimeout(waiting)
    }
  }, [id, tenant, isKnown, isSettled, memberIds, again])
  return loaded
}

async function loadCall(
  id: string,
  tenant: string | undefined,
  before: CallAnswer | undefined,
  signal: AbortSignal,
): Promise<CallAnswer> {
  const path = `/api/calls/${encodeURIComponent(id)}`
  const [whole, samples] = await Promise.all([
    getJson<WholeCall>(path, { tenant }, signal),
    loadSamples(path, tenant, signal),
  ])
  // Nothing new: the same object, so that nothing is drawn again.
  const isSame =
    before !== undefined && before.whole.version === whole.version && before.whole.record.id === whole.record.id
  return isSame && before.samplesError === undefined ? before : { whole, ...samples }
}

/** Without samples the page still has its minutes: an error here must not take the call away. */
async function loadSamples(
  path: string,
  tenant: string | undefined,
  signal: AbortSignal,
): Promise<Omit<CallAnswer, 'whole'>> {
  try {
    return { samples: await getJson<CallSamples>(`${path}/samples`, { tenant }, signal), samplesError: undefined }
  } catch (error) {
    if (error instanceof ApiError) return { samples: undefined, samplesError: error }
    throw error
  }
}
