import { useMemo } from 'preact/hooks'
import type { WholeCall } from '#contracts/warehouse.ts'
import { t } from '#explorer/web/messages.ts'
import { Time } from '#explorer/web/ui/time.tsx'
import type { Axis } from '../axis/axis.ts'
import { preciseClock } from '../story/clock.ts'
import { milliseconds } from '../story/figures.ts'
import { hasFailed, type LogLevel, levelOf, msOfNanos } from '../story/telemetry.ts'
import { MoreRows, useShown } from './more-rows.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { useRestingRange } from './stack-context.ts'

interface Row {
  readonly key: string
  readonly atMs: number
  readonly toMs: number
  readonly tone: LogLevel
  readonly kind: string
  readonly service: string
  readonly text: string
  readonly took: string
}

interface TelemetryTableProps {
  readonly axis: Axis
  readonly logs: WholeCall['logs']
  readonly spans: WholeCall['spans']
}

/** Logs and spans of the time that the lanes show, in order. Pointing at a row moves the cursor there. */
export function TelemetryTable({ axis, logs, spans }: TelemetryTableProps) {
  const range = useRestingRange(axis)
  const all = useMemo(() => rowsOf(logs, spans), [logs, spans])
  const inRange = all.filter(({ atMs, toMs }) => toMs >= range.fromMs && atMs <= range.toMs)
  const { shown, left, more } = useShown(inRange)
  if (all.length === 0) return null
  return (
    <section class="panel" aria-labelledby="telemetry-title">
      <h2 id="telemetry-title" class="panel-title">
        {t('call.telemetry')}{' '}
        <span class="muted">{t('call.telemetry.inRange', { n: inRange.length, all: all.length })}</span>
      </h2>
      {inRange.length === 0 && <p class="panel-empty muted">{t('call.telemetry.none')}</p>}
      {inRange.length > 0 && (
        <ScrollTable labelledBy="telemetry-title" tall>
          <thead>
            <tr>
              <th scope="col">{t('call.telemetry.at')}</th>
              <th scope="col">{t('call.telemetry.what')}</th>
              <th scope="col">{t('call.telemetry.service')}</th>
              <th scope="col">{t('call.telemetry.text')}</th>
              <th scope="col" class="number">
                {t('call.telemetry.took')}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.key} class={`log-${row.tone}`} onMouseEnter={() => axis.point(row.atMs)}>
                <td>
                  <Time ms={row.atMs} text={preciseClock(row.atMs, 3)} />
                </td>
                <td class="log-kind">{row.kind}</td>
                <td>{row.service}</td>
                <td class="log-text">{row.text}</td>
                <td class="number">{row.took}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      <MoreRows left={left} more={more} />
    </section>
  )
}

function rowsOf(logs: WholeCall['logs'], spans: WholeCall['spans']): readonly Row[] {
  const ofLogs = logs.map((log, at): Row => {
    const atMs = msOfNanos(log.timeUnixNano)
    const tone = levelOf(log)
    const text = log.body
    return { key: `log ${at}`, atMs, toMs: atMs, tone, kind: kindOf(tone), service: log.serviceName, text, took: '' }
  })
  const ofSpans = spans.map((span): Row => {
    const [atMs, toMs] = [msOfNanos(span.startTimeUnixNano), msOfNanos(span.endTimeUnixNano)]
    const failed = hasFailed(span)
    return {
      key: `span ${span.traceId} ${span.spanId}`,
      atMs,
      toMs,
      tone: failed ? 'error' : 'info',
      kind: failed ? `${t('call.telemetry.span')}, ${t('call.telemetry.failed')}` : t('call.telemetry.span'),
      service: span.serviceName,
      text: [span.name, span.statusMessage].filter((part) => part !== '').join(': '),
      took: milliseconds(toMs - atMs),
    }
  })
  return [...ofLogs, ...ofSpans].sort((a, b) => a.atMs - b.atMs)
}

const kindOf = (level: LogLevel): string => t(`call.telemetry.level.${level}`)
