import { useMemo } from 'preact/hooks'
import type { WholeCall } from '#contracts/warehouse.ts'
import { t } from '#explorer/web/messages.ts'
import { createLogLane, logHeightPx } from '../lanes/log-lane.ts'
import { barsOf, createSpanLane, spanHeightPx } from '../lanes/span-lane.ts'
import { laneIds } from '../story/lane-ids.ts'
import { hasFailed, levelOf } from '../story/telemetry.ts'
import { LaneRow } from './lane-row.tsx'

interface TelemetryLanesProps {
  readonly logs: WholeCall['logs']
  readonly spans: WholeCall['spans']
}

/** What our own services said meanwhile. */
export function TelemetryLanes({ logs, spans }: TelemetryLanesProps) {
  const bars = useMemo(() => barsOf(spans), [spans])
  const makeLogs = useMemo(() => createLogLane(logs), [logs])
  const makeSpans = useMemo(() => createSpanLane(bars), [bars])
  return (
    <div class="telemetry-block">
      {logs.length > 0 && (
        <LaneRow
          id={laneIds.logs}
          kind="telemetry"
          make={makeLogs}
          title={t('call.lane.logs')}
          name={t('call.lane.logs')}
          summary={logSummary(logs)}
          heightPx={logHeightPx}
        />
      )}
      {spans.length > 0 && (
        <LaneRow
          id={laneIds.spans}
          kind="telemetry"
          make={makeSpans}
          title={t('call.lane.spans')}
          name={t('call.lane.spans')}
          summary={t('call.lane.summary.spans', { n: spans.length, failed: spans.filter(hasFailed).length })}
          heightPx={spanHeightPx(bars)}
        />
      )}
    </div>
  )
}

function logSummary(logs: WholeCall['logs']): string {
  const levels = logs.map(levelOf)
  return t('call.lane.summary.logs', {
    n: logs.length,
    errors: levels.filter((level) => level === 'error').length,
    warnings: levels.filter((level) => level === 'warning').length,
  })
}
