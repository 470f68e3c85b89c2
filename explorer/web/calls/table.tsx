import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../messages.ts'
import { go } from '../router.ts'
import { Icon } from '../ui/icons.tsx'
import { keyOf } from './call-book.ts'
import type { CallList } from './call-list.ts'
import type { ListState } from './call-pages.ts'
import { addressOf, type Filters, type Sort, sortedBy } from './filters.ts'
import { Row } from './row.tsx'
import { scrollToRow } from './row-window.ts'
import { useRowHeight, useRowWindow } from './use-row-window.ts'

interface TableProps {
  readonly filters: Filters
  readonly list: CallList
  readonly state: ListState
  /** Told whenever the first row comes into sight or leaves it. */
  readonly onTop: (top: boolean) => void
}

/** Ask for the next page while this many rows are still to be scrolled through. */
const askAheadRows = 100

export function Table({ filters, list, state, onTop }: TableProps) {
  const { calls, lit, gone, nextCursor } = state
  const rowPx = useRowHeight()
  const { list: body, first, last, top } = useRowWindow(calls.length, rowPx)
  const { current, onKeyDown, onFocus } = useRowKeys(body, calls.length, rowPx)
  useEffect(() => onTop(top), [top, onTop])
  useEffect(() => {
    if (last > calls.length - askAheadRows) list.loadMore()
  }, [last, calls.length, list])
  return (
    // biome-ignore lint/a11y/useSemanticElements: see Row.
    <div
      role="table"
      class="calls"
      aria-label={t('calls.table')}
      aria-rowcount={nextCursor === undefined ? calls.length + 1 : -1}
    >
      <Head filters={filters} />
      {/* biome-ignore lint/a11y/useSemanticElements: see Row. */}
      <div
        role="rowgroup"
        ref={body}
        class="calls-body"
        style={{ height: `${calls.length * rowPx}px` }}
        onKeyDown={onKeyDown}
        onFocusCapture={onFocus}
      >
        {calls.slice(first, last).map((call, at) => (
          <Row
            key={keyOf(call)}
            call={call}
            row={first + at}
            topPx={(first + at) * rowPx}
            lit={lit.get(keyOf(call))}
            gone={gone.has(keyOf(call))}
            current={first + at === Math.min(Math.max(current, first), last - 1)}
          />
        ))}
      </div>
    </div>
  )
}

const columns = ['when', 'parties', 'tenant', 'carrier', 'region', 'codec', 'duration', 'class', 'mos', 'why'] as const
const sortOf: Partial<Record<(typeof columns)[number], Sort>> = { when: 'started', duration: 'duration', mos: 'mos' }

const Head = ({ filters }: { readonly filters: Filters }) => (
  // biome-ignore lint/a11y/useSemanticElements: see Row.
  <div role="rowgroup" class="calls-head">
    {/* biome-ignore lint/a11y/useSemanticElements: see Row. */}
    {/* biome-ignore lint/a11y/useFocusableInteractive: its buttons are. */}
    <div role="row" aria-rowindex={1} class="row-head">
      {columns.map((name) => (
        <HeadCell key={name} name={name} sort={sortOf[name]} filters={filters} />
      ))}
    </div>
  </div>
)

interface HeadCellProps {
  readonly name: (typeof columns)[number]
  readonly sort: Sort | undefined
  readonly filters: Filters
}

function HeadCell({ name, sort, filters }: HeadCellProps) {
  const sorted = sort !== undefined && filters.sort === sort
  const ascending = filters.order === 'asc'
  return (
    // biome-ignore lint/a11y/useSemanticElements: see Row.
    // biome-ignore lint/a11y/useFocusableInteractive: its button is.
    <div
      role="columnheader"
      class={`cell cell-${name}`}
      aria-sort={sorted ? (ascending ? 'ascending' : 'descending') : undefined}
    >
      {sort === undefined ? (
        t(`calls.${name}`)
      ) : (
        <button type="button" class="sort" onClick={() => go(addressOf(sortedBy(filters, sort)))}>
          {t(`calls.${name}`)}
          {sorted && <Icon name={ascending ? 'up' : 'down'} size={14} />}
        </button>
      )}
    </div>
  )
}

/** Height of what sticks to the top: the page's header and the table's. */
const coveredPx = 84

/** One row is in the order of Tab; arrows, Page Up and Down, Home and End go to others, and bring them into sight. */
function useRowKeys(body: { readonly current: HTMLDivElement | null }, rows: number, rowPx: number) {
  const [current, setCurrent] = useState(0)
  const wanted = useRef<number | undefined>(undefined)
  useEffect(() => {
    if (wanted.current === undefined) return
    const link = body.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`)
    if (link === null || link === undefined) return
    wanted.current = undefined
    link.focus({ preventScroll: true })
  })
  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const page = Math.max(1, Math.floor((innerHeight - coveredPx) / rowPx) - 1)
      const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }
      const step = event.key === 'Home' ? -rows : event.key === 'End' ? rows : steps[event.key]
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      const next = Math.min(rows - 1, Math.max(0, current + step))
      const scrolledPx = -(body.current?.getBoundingClientRect().top ?? 0)
      scrollBy(0, scrollToRow(next, { scrolledPx, viewportPx: innerHeight, rowPx, rows }, coveredPx))
      wanted.current = next
      setCurrent(next)
    },
    [body, current, rows, rowPx],
  )
  const onFocus = useCallback((event: FocusEvent) => {
    const row = event.target instanceof HTMLElement ? event.target.dataset.row : undefined
    if (row !== undefined) setCurrent(Number(row))
  }, [])
  return { current, onKeyDown, onFocus }
}
