import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LaneMaker } from '../lanes/lane.ts'
import { useLanes } from './stack-context.ts'

interface LaneRowProps {
  readonly id: string
  readonly make: LaneMaker
  /** What is written left of the lane. */
  readonly title: ComponentChildren
  /** The lane's whole name, for screen readers. */
  readonly name: string
  /** What the lane shows, in words. */
  readonly summary: string
  readonly heightPx: number
  readonly kind: 'clock' | 'rung' | 'ribbon' | 'measure' | 'telemetry'
}

/**
 * One lane: its name, what it says at the cursor, and its plot. A slider to those who cannot see it: its value is the
 * instant of the cursor, its text what the lane says there. Drawn and written by the stack, never by rendering.
 */
export function LaneRow({ id, make, title, name, summary, heightPx, kind }: LaneRowProps) {
  const { stack, axis } = useLanes()
  const row = useRef<HTMLDivElement>(null)
  const plot = useRef<HTMLDivElement>(null)
  const readout = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    if (stack === undefined || row.current === null || plot.current === null) return
    return stack.add({ id, row: row.current, plot: plot.current, readout: readout.current, make })
  }, [stack, id, make])
  const isClock = kind === 'clock'
  return (
    <div
      ref={row}
      class={`lane lane-${kind}`}
      data-lane={id}
      {...(isClock
        ? { 'aria-hidden': true }
        : {
            role: 'slider',
            tabIndex: -1,
            'aria-label': `${name}. ${summary}`,
            'aria-valuemin': Math.round(axis.bounds.fromMs),
            'aria-valuemax': Math.round(axis.bounds.toMs),
            'aria-valuenow': Math.round(axis.cursorMs ?? axis.range.fromMs),
            'aria-valuetext': summary,
          })}
    >
      <div class="lane-label">
        <span class="lane-title">{title}</span>
        <span class="lane-readout" ref={readout} />
      </div>
      <div
        class={`lane-plot${kind === 'measure' ? '' : ' lane-plain'}`}
        ref={plot}
        style={{ height: `${heightPx}px` }}
      />
    </div>
  )
}
