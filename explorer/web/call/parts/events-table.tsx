import { useMemo } from 'preact/hooks'
import type { CallEventRow, CallRecord } from '#contracts/call-record.ts'
import { duration } from '#explorer/web/format.ts'
import { t } from '#explorer/web/messages.ts'
import { Time } from '#explorer/web/ui/time.tsx'
import type { Axis } from '../axis/axis.ts'
import { preciseClock } from '../story/clock.ts'
import { eventDetail, eventName } from '../story/event-text.ts'
import { shortId } from '../story/parties.ts'
import { MoreRows, useShown } from './more-rows.tsx'
import { ScrollTable } from './scroll-table.tsx'

interface EventsTableProps {
  readonly record: CallRecord
  /** Chat and presence that name the call. */
  readonly activity: readonly CallEventRow[]
  readonly axis: Axis
}

/** All events, also those whose label had no room in the ladder. */
export function EventsTable({ record, activity, axis }: EventsTableProps) {
  const events = useMemo(() => [...record.events, ...activity].sort((a, b) => a.atMs - b.atMs), [record, activity])
  const { shown, left, more } = useShown(events)
  return (
    <section class="panel" aria-labelledby="events-title">
      <h2 id="events-title" class="panel-title">
        {t('call.events')} <span class="muted">{record.eventCount + activity.length}</span>
      </h2>
      {events.length === 0 && <p class="panel-empty muted">{t('call.events.none')}</p>}
      {events.length > 0 && (
        <ScrollTable labelledBy="events-title" tall>
          <thead>
            <tr>
              <th scope="col">{t('call.telemetry.at')}</th>
              <th scope="col" class="number">
                {t('call.events.after')}
              </th>
              <th scope="col">{t('call.events.event')}</th>
              <th scope="col">{t('call.events.leg')}</th>
              <th scope="col">{t('call.events.detail')}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((event) => (
              <tr key={`${event.source} ${event.id}`} onMouseEnter={() => axis.point(event.atMs)}>
                <td>
                  <Time ms={event.atMs} text={preciseClock(event.atMs, 3)} />
                </td>
                <td class="number">{duration(Math.max(0, event.atMs - record.startedMs))}</td>
                <td title={event.type}>{eventName(event)}</td>
                <td>{typeof event.data.leg_id === 'string' ? shortId(event.data.leg_id) : ''}</td>
                <td class="log-text">{eventDetail(event)}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      <MoreRows left={left} more={more} />
    </section>
  )
}
