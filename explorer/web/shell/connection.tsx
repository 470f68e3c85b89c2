import { useEffect, useState } from 'preact/hooks'
import { clock } from '../format.ts'
import { type LiveStatus, liveStatus } from '../live.ts'
import { t } from '../messages.ts'
import { useStore } from '../store.ts'
import { now } from '../world.ts'

/** A cut this short is a server that starts anew, or a network that changed: no reason to alarm anybody. */
const goneAfterMs = 8_000

export type Link =
  | { readonly type: 'connecting' | 'live' | 'lost' | 'off' }
  | { readonly type: 'gone'; readonly sinceMs: number }

export function linkOf(status: LiveStatus, nowMs: number): Link {
  if (status.type !== 'lost') return status
  const gone = nowMs - status.sinceMs >= goneAfterMs || status.tries > 3
  return gone ? { type: 'gone', sinceMs: status.sinceMs } : { type: 'lost' }
}

/** Live, reconnecting or gone: looked at every second while anything is wrong. */
export function useLink(): Link {
  const status = useStore(liveStatus)
  const [, render] = useState({})
  useEffect(() => {
    if (status.type !== 'lost') return
    const timer = setInterval(() => render({}), 1_000)
    return () => clearInterval(timer)
  }, [status])
  return linkOf(status, now())
}

export function Connection() {
  const link = useLink()
  const text = link.type === 'gone' ? t('live.gone', { time: clock(link.sinceMs) }) : t(`live.${link.type}`)
  const short = link.type === 'gone' ? t('live.goneShort', { time: clock(link.sinceMs) }) : text
  return (
    <span class={`connection connection-${link.type}`} role="status" title={text}>
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-text">{short}</span>
    </span>
  )
}
