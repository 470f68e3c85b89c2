import { useState } from 'preact/hooks'
import type { Facets } from '../api-types.ts'
import { count } from '../format.ts'
import { t, tIfKnown } from '../messages.ts'
import { go } from '../router.ts'
import { classIcon, Icon } from '../ui/icons.tsx'
import {
  addressOf,
  type Change,
  changed,
  classes,
  cleared,
  type Filters,
  filterCount,
  firstOrder,
  isNarrowed,
  type Order,
  type SingleFilter,
  type Sort,
  sorts,
} from './filters.ts'
import { TimeFilter } from './time-filter.tsx'

interface FilterBarProps {
  readonly filters: Filters
  readonly facets: Facets | undefined
}

/** Everything that narrows the list. On narrow screens behind one button. */
export function FilterBar({ filters, facets }: FilterBarProps) {
  const [open, setOpen] = useState(false)
  const n = filterCount(filters)
  const change = (to: Change): void => go(addressOf(changed(filters, to)))
  return (
    <section class="filters" aria-label={t('filters.label')}>
      <div class="filters-first">
        <button type="button" class="button filters-open" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="filter" />
          {n === 0 ? t('filters.open') : t('filters.openCount', { n })}
        </button>
        <ClassFilter filters={filters} facets={facets} change={change} />
        <FoundFilter filters={filters} facets={facets} change={change} />
      </div>
      <div class={`filters-more${open ? ' filters-more-open' : ''}`}>
        <TimeFilter filters={filters} change={change} />
        {(['tenant', 'carrier', 'region', 'codec', 'disposition', 'fault'] as const).map((name) => (
          <ValueFilter key={name} name={name} value={filters[name]} facets={facets} change={change} />
        ))}
        <SortFilter filters={filters} change={change} />
      </div>
      <LinkedFilters filters={filters} change={change} />
      {isNarrowed(filters) && (
        <button type="button" class="button button-quiet" onClick={() => go(addressOf(cleared(filters)))}>
          {t('filters.clear')}
        </button>
      )}
    </section>
  )
}

export interface ChangeProps {
  readonly filters: Filters
  readonly change: (to: Change) => void
}

function ClassFilter({ filters, facets, change }: ChangeProps & { readonly facets: Facets | undefined }) {
  return (
    <fieldset class="class-filter">
      <legend class="visually-hidden">{t('calls.class')}</legend>
      {classes.map((name) => {
        const chosen = filters.classes.includes(name)
        const others = filters.classes.filter((other) => other !== name)
        const calls = facets?.facets.class.find(({ value }) => value === name)?.calls
        return (
          <button
            key={name}
            type="button"
            class={`chip${chosen ? ` class-${name}` : ''}`}
            aria-pressed={chosen}
            onClick={() =>
              change({ classes: chosen ? others : classes.filter((one) => one === name || others.includes(one)) })
            }
          >
            <span class={`chip-icon icon-${name}`}>{classIcon(name)}</span>
            {t(`class.${name}`)}
            {facets !== undefined && <span class="chip-count">{count(calls ?? 0)}</span>}
          </button>
        )
      })}
    </fieldset>
  )
}

type ValueName = 'tenant' | 'carrier' | 'region' | 'codec' | 'disposition' | 'fault'

interface ValueFilterProps {
  readonly name: ValueName
  readonly value: string | undefined
  readonly facets: Facets | undefined
  readonly change: (to: Change) => void
}

/** A native list: every keyboard, phone and screen reader knows how. A value that no call has any more stays choosable. */
function ValueFilter({ name, value, facets, change }: ValueFilterProps) {
  const known = facets?.facets[name] ?? []
  const options =
    value === undefined || known.some((one) => one.value === value) ? known : [...known, { value, calls: 0 }]
  if (name === 'tenant' && value === undefined && known.length < 2) return null
  return (
    <label class={`select${value === undefined ? '' : ' select-chosen'}`}>
      <span>{name === 'disposition' || name === 'fault' ? t(`filters.${name}`) : t(`calls.${name}`)}</span>
      <select value={value ?? ''} onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}>
        <option value="">{t('filters.any')}</option>
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {`${wordOf(name, one.value)} (${count(one.calls)})`}
          </option>
        ))}
      </select>
    </label>
  )
}

const wordOf = (name: string, value: string): string =>
  ['disposition', 'fault', 'finding', 'state'].includes(name) ? tIfKnown(name, value) : value

/** The headers sort too; cards have none. */
function SortFilter({ filters, change }: ChangeProps) {
  const choose = (chosen: string): void => {
    const [sort, order] = chosen.split('.') as [Sort, Order]
    change({ sort, order })
  }
  return (
    <label class="select select-sort">
      <span>{t('calls.sort')}</span>
      <select value={`${filters.sort}.${filters.order}`} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {sorts.flatMap((sort) =>
          [firstOrder(sort), firstOrder(sort) === 'asc' ? ('desc' as const) : ('asc' as const)].map((order) => (
            <option key={`${sort}.${order}`} value={`${sort}.${order}`}>
              {t(`calls.sort.${sort}.${order}`)}
            </option>
          )),
        )}
      </select>
    </label>
  )
}

/** Findings are rare and telling: those that a person hears, or that say whose side it was, come first, others by number. */
const tellingFindings = [
  'one_way_audio',
  'no_media_after_answer',
  'platform_span_failed',
  'client_limited',
  'late_media',
]
const maxFound = 6

const rankOf = (finding: string): number => {
  const at = tellingFindings.indexOf(finding)
  return at < 0 ? tellingFindings.length : at
}

function FoundFilter({ filters, facets, change }: ChangeProps & { readonly facets: Facets | undefined }) {
  const most = [...(facets?.facets.finding ?? [])]
    .sort((one, other) => rankOf(one.value) - rankOf(other.value))
    .slice(0, maxFound)
  const asked = filters.finding
  const found =
    asked === undefined || most.some(({ value }) => value === asked)
      ? most
      : [...most, { value: asked, calls: undefined }]
  if (found.length === 0) return null
  return (
    <fieldset class="found">
      <legend class="visually-hidden">{t('filters.found')}</legend>
      {found.map(({ value, calls }) => {
        const chosen = filters.finding === value
        return (
          <button
            key={value}
            type="button"
            class={`chip chip-small${chosen ? ' chip-chosen' : ''}`}
            aria-pressed={chosen}
            onClick={() => change({ finding: chosen ? undefined : value })}
          >
            {tIfKnown('finding', value)}
            {calls !== undefined && <span class="chip-count">{count(calls)}</span>}
          </button>
        )
      })}
    </fieldset>
  )
}

/** Filters that come by links and have no control of their own. */
const linked = ['route', 'gateway', 'state', 'q'] as const satisfies readonly SingleFilter[]

function LinkedFilters({ filters, change }: ChangeProps) {
  return linked.map((name) => {
    const value = filters[name]
    if (value === undefined) return null
    const label = name === 'state' || name === 'q' ? t(`filters.${name}`) : t(`calls.${name}`)
    return (
      <button
        key={name}
        type="button"
        class="chip chip-small chip-chosen"
        aria-label={t('filters.remove', { name: label, value })}
        onClick={() => change({ [name]: undefined })}
      >
        <span class="clip chip-text">
          {label}: {wordOf(name, value)}
        </span>
        <Icon name="close" size={12} />
      </button>
    )
  })
}
