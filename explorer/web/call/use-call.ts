import { useEffect, useMemo, useRef } from 'preact/hooks'
import { openLive } from '../live.ts'
import { type Loaded, useLoaded } from '../use-loaded.ts'
import { type CallAnswer, createCallLoader } from './load-call.ts'

/** A record that is not settled is asked for again this often, whatever the live stream says. */
const againMs = 10_000
/** The live stream may name a call several times a second. */
const settleMs = 1_500

/** The call with its samples, kept up to date until it is settled. */
export function useCall(id: string, tenant: string | undefined): Loaded<CallAnswer> {
  const load = useMemo(() => createCallLoader(id, tenant), [id, tenant])
  const loaded = useLoaded<CallAnswer>(`call ${tenant ?? ''} ${id}`, load)
  const isLoading = useRef(false)
  isLoading.current = loaded.loading
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
        // Asking again gives up what is under way: a call that changes all the time would never be shown.
        if (isLoading.current) soon()
        else again()
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
