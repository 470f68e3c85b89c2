import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { WholeCall } from '#contracts/warehouse.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'
import { t } from '#explorer/web/messages.ts'
import type { Axis } from '../axis/axis.ts'
import { axisHeightPx, createAxisLane } from '../lanes/axis-lane.ts'
import { listenToGestures } from '../lanes/gestures.ts'
import { listenToKeys } from '../lanes/keys.ts'
import { createStack, type Stack } from '../lanes/stack.ts'
import { byStream, type View } from '../media/views.ts'
import { LadderLanes } from './ladder-lanes.tsx'
import { LaneRow } from './lane-row.tsx'
import { LanesContext } from './stack-context.ts'
import { StreamBlock } from './stream-block.tsx'
import { TelemetryLanes } from './telemetry-lanes.tsx'
import { TimelineTools } from './timeline-tools.tsx'

interface TimelineProps {
  readonly axis: Axis
  readonly whole: WholeCall
  readonly views: readonly View[]
  readonly samples: CallSamples | undefined
  readonly open: ReadonlySet<string>
  readonly toggle: (view: string) => void
  readonly notes: readonly string[]
  /** Where the call ends, or has come to. */
  readonly untilMs: number
}

/** Everything that has a time, on one axis: ladder, quality per stream, logs and spans. */
export function Timeline({ axis, whole, views, samples, open, toggle, notes, untilMs }: TimelineProps) {
  const { record, logs, spans, telemetry } = whole
  const groups = useMemo(() => byStream(views), [views])
  return (
    <section class="panel timeline" aria-labelledby="timeline-title">
      <div class="timeline-head">
        <h2 id="timeline-title">{t('call.timeline')}</h2>
        <TimelineTools axis={axis} />
      </div>
      {notes.map((note) => (
        <p key={note} class="timeline-note">
          {note}
        </p>
      ))}
      <LaneStack axis={axis}>
        <ClockLane />
        {record.events.length > 0 || record.legs.length > 0 ? (
          <LadderLanes record={record} untilMs={untilMs} />
        ) : (
          <p class="timeline-note">{t('call.noSignalling')}</p>
        )}
        {views.length === 0 && <p class="timeline-note">{t('call.noMedia')}</p>}
        {groups.map((group) => (
          <StreamBlock key={group.key} group={group} thresholds={samples?.thresholds} open={open} toggle={toggle} />
        ))}
        {logs.length + spans.length > 0 ? (
          <TelemetryLanes logs={logs} spans={spans} />
        ) : (
          telemetry.logs === 'ok' && telemetry.spans === 'ok' && <p class="timeline-note">{t('call.noTelemetry')}</p>
        )}
      </LaneStack>
      <p class="timeline-hint muted">{t('call.timeline.hint')}</p>
    </section>
  )
}

function ClockLane() {
  const make = useMemo(createAxisLane, [])
  return <LaneRow id="clock" kind="clock" make={make} title="" name="" summary="" heightPx={axisHeightPx} />
}

/** The lanes' common ground: one stack, one cursor through all of them, one set of gestures. */
function LaneStack({ axis, children }: { readonly axis: Axis; readonly children: ComponentChildren }) {
  const root = useRef<HTMLDivElement>(null)
  const cursorLine = useRef<HTMLDivElement>(null)
  const cursorTime = useRef<HTMLDivElement>(null)
  const selection = useRef<HTMLDivElement>(null)
  const [stack, setStack] = useState<Stack>()
  useLayoutEffect(() => {
    if (root.current === null || cursorLine.current === null || cursorTime.current === null) return
    const cursor = { line: cursorLine.current, time: cursorTime.current }
    const made = createStack({ root: root.current, cursor, axis })
    setStack(made)
    return () => {
      setStack(undefined)
      made.close()
    }
  }, [axis])
  useEffect(() => {
    if (stack === undefined || root.current === null || selection.current === null) return
    const parts = { root: root.current, axis, stack }
    const leaveGestures = listenToGestures({ ...parts, selection: selection.current })
    const leaveKeys = listenToKeys(parts)
    return () => {
      leaveGestures()
      leaveKeys()
    }
  }, [stack, axis])
  return (
    <LanesContext.Provider value={useMemo(() => ({ axis, stack }), [axis, stack])}>
      <div class="lanes" ref={root}>
        <div class="lane-selection" ref={selection} hidden />
        <div class="lane-cursor" ref={cursorLine} hidden />
        <div class="lane-cursor-time-track">
          <div class="lane-cursor-time" ref={cursorTime} hidden />
        </div>
        {children}
      </div>
    </LanesContext.Provider>
  )
}
