import { useMemo, useState } from 'preact/hooks'
import { listAddress } from '../calls/filters.ts'
import { clock, minutes, mos, share, timeSpan } from '../format.ts'
import { t } from '../messages.ts'
import { go } from '../router.ts'
import { useStore } from '../store.ts'
import { colourOf, colours } from '../theme.ts'
import { Canvas } from '../ui/canvas.tsx'
import { Time } from '../ui/time.tsx'
import type { Span } from './blind.ts'
import { binStart, binsOf, type Cell, cellAt, type HeatColours, paintHeat, type Scale, summariesOf } from './heat.ts'

interface HeatmapProps {
  readonly scale: Scale
  /** When nobody was looking. */
  readonly blind: readonly Span[]
  readonly tenant: string | undefined
  /** Of the window: calls behind a cell began at most this early. */
  readonly fromMs: number
}

const heightPx = 220

/** How talk was distributed over a MOS scale, over time. A cell leads to the calls that may be in it, worst first. */
export function Heatmap({ scale, blind, tenant, fromMs }: HeatmapProps) {
  const [at, setAt] = useState<Cell>()
  const threshold = mos(scale.thresholdMos)
  const open = (cell: Cell): void => {
    const untilMs = (scale.heatmap.times[cell.time] ?? 0) + scale.heatmap.bucketMs
    const times = { since: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() }
    go(`${listAddress({ ...(tenant === undefined ? {} : { tenant }), ...times })}&sort=mos&order=asc`)
  }
  return (
    <section class="panel heat">
      <h2>{t('now.heatmap', { scale: scale.name })}</h2>
      <p class="muted">{t('now.heatmap.why')}</p>
      <Cells {...{ scale, blind, at, setAt, open }} />
      <div class="heat-foot">
        <ul class="plain legend">
          <li>
            <span class="swatch swatch-good" aria-hidden="true" />
            <span class="swatch swatch-poor" aria-hidden="true" />
            {t('now.heatmap.legend')}
          </li>
          {blind.length > 0 && (
            <li>
              <span class="swatch swatch-blind" aria-hidden="true" />
              {t('now.blind.legend')}
            </li>
          )}
          <li>
            <span class="heat-dash" aria-hidden="true" />
            {t('now.heatmap.threshold', { threshold })}
          </li>
        </ul>
        <p class="heat-said">{at === undefined ? '' : cellText(scale, at)}</p>
      </div>
      <HeatTable scale={scale} />
    </section>
  )
}

interface CellsProps {
  readonly scale: Scale
  readonly blind: readonly Span[]
  readonly at: Cell | undefined
  readonly setAt: (cell: Cell | undefined) => void
  readonly open: (cell: Cell) => void
}

function Cells({ scale, blind, at, setAt, open }: CellsProps) {
  const seen = useStore(colours)
  const paints = useMemo(heatColours, [seen])
  const cellOf = (event: MouseEvent): Cell => {
    const { left, top, width } = (event.currentTarget as Element).getBoundingClientRect()
    return cellAt(scale, { x: event.clientX - left, y: event.clientY - top }, { widthPx: width, heightPx })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && at !== undefined) open(at)
    const next = moved(event.key, at, scale)
    if (next === undefined) return
    event.preventDefault()
    setAt(next)
  }
  return (
    <div
      class="heat-cells"
      role="slider"
      tabIndex={0}
      aria-label={`${t('now.heatmap', { scale: scale.name })}. ${t('now.heatmap.help')}`}
      aria-valuemin={0}
      aria-valuemax={scale.heatmap.times.length - 1}
      aria-valuenow={at?.time ?? scale.heatmap.times.length - 1}
      aria-valuetext={cellText(scale, at ?? lastCell(scale))}
      onPointerMove={(event) => setAt(cellOf(event))}
      onPointerLeave={() => setAt(undefined)}
      onBlur={() => setAt(undefined)}
      onClick={(event) => open(cellOf(event))}
      onKeyDown={onKeyDown}
    >
      <Canvas heightPx={heightPx} paint={(room) => paintHeat(room, { scale, blind, at, colours: paints })} />
    </div>
  )
}

const heatColours = (): HeatColours => ({
  below: colourOf('poor-area'),
  above: colourOf('good-area'),
  text: colourOf('muted'),
  line: colourOf('line'),
  accent: colourOf('accent'),
  threshold: colourOf('text'),
})

const lastCell = ({ heatmap }: Scale): Cell => ({ time: heatmap.times.length - 1, bin: binsOf(heatmap) - 1 })

const moves: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}

function moved(key: string, at: Cell | undefined, scale: Scale): Cell | undefined {
  const move = moves[key]
  if (move === undefined) return undefined
  const from = at ?? lastCell(scale)
  const within = (value: number, many: number): number => Math.min(many - 1, Math.max(0, value))
  return {
    time: within(from.time + move[0], scale.heatmap.times.length),
    bin: within(from.bin + move[1], binsOf(scale.heatmap)),
  }
}

function cellText({ heatmap }: Scale, { time, bin }: Cell): string {
  const fromMs = heatmap.times[time] ?? 0
  return t('now.heatmap.cell', {
    time: timeSpan(fromMs, fromMs + heatmap.bucketMs),
    minutes: minutes(heatmap.minutes[time]?.[bin] ?? 0),
    from: binStart(heatmap, bin).toFixed(1),
    to: binStart(heatmap, bin + 1).toFixed(1),
  })
}

/** The same for who cannot see the cells, or wants the numbers. Drawn only once it is opened. */
function HeatTable({ scale }: { readonly scale: Scale }) {
  const [open, setOpen] = useState(false)
  return (
    <details class="heat-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('now.heatmap.table')}</summary>
      {open && (
        <div class="heat-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t('now.heatmap.time')}</th>
                <th scope="col" class="number">
                  {t('now.heatmap.measured')}
                </th>
                <th scope="col" class="number">
                  {t('now.heatmap.median')}
                </th>
                <th scope="col" class="number">
                  {t('now.heatmap.belowShare', { threshold: mos(scale.thresholdMos) })}
                </th>
              </tr>
            </thead>
            <tbody>
              {summariesOf(scale).map((column) => (
                <tr key={column.atMs}>
                  <th scope="row">
                    <Time ms={column.atMs} text={clock(column.atMs)} />
                  </th>
                  <td class="number">{minutes(column.minutes)}</td>
                  <td class="number">{mos(column.medianMos)}</td>
                  <td class="number">
                    {share(column.minutes === 0 ? undefined : column.belowMinutes / column.minutes)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}
