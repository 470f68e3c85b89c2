import { useState } from 'preact/hooks'
import { t } from '../messages.ts'
import { now } from '../world.ts'
import type { ChangeProps } from './filter-bar.tsx'
import { fromLocalInput, localInput, presets, type RangeKind, rangeKind, timeMs } from './time-range.ts'

/** Any time, the last so and so long, or between two times. */
export function TimeFilter({ filters, change }: ChangeProps) {
  const kind = rangeKind(filters)
  const [custom, setCustom] = useState(false)
  const shown: RangeKind = custom ? 'custom' : kind
  const choose = (next: RangeKind): void => {
    setCustom(next === 'custom')
    if (next !== 'custom') change({ since: next === 'all' ? undefined : next, until: undefined })
  }
  return (
    <>
      <label class={`select${shown === 'all' ? '' : ' select-chosen'}`}>
        <span>{t('filters.time')}</span>
        <select value={shown} onChange={({ currentTarget }) => choose(currentTarget.value as RangeKind)}>
          {(['all', ...presets, 'custom'] as const).map((one) => (
            <option key={one} value={one}>
              {t(`filters.time.${one}`)}
            </option>
          ))}
        </select>
      </label>
      {shown === 'custom' &&
        (['since', 'until'] as const).map((edge) => (
          <label key={edge} class={`select select-time${filters[edge] === undefined ? '' : ' select-chosen'}`}>
            <span>{t(`filters.${edge}`)}</span>
            <input
              type="datetime-local"
              step={1}
              value={localInput(timeMs(filters[edge], now()))}
              onChange={({ currentTarget }) => change({ [edge]: fromLocalInput(currentTarget.value) })}
            />
          </label>
        ))}
    </>
  )
}
