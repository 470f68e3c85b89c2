import { dateTime, utc } from '../format.ts'
import { now } from '../world.ts'

/** A time in the viewer's zone; hovering says it in UTC. */
export const Time = ({ ms, text }: { readonly ms: number; readonly text?: string }) => (
  <time dateTime={new Date(ms).toISOString()} title={utc(ms)}>
    {text ?? dateTime(ms, now())}
  </time>
)
