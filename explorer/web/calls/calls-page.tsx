import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { clockSeconds, utc } from '../format.ts'
import { t } from '../messages.ts'
import { go, howWeCame, place, rememberedScroll } from '../router.ts'
import { session } from '../session.ts'
import { useLink } from '../shell/connection.tsx'
import { useStore } from '../store.ts'
import { announce } from '../ui/announce.tsx'
import { Icon } from '../ui/icons.tsx'
import { Empty, Failure, Skeleton, Stale } from '../ui/states.tsx'
import { dimmed, maxRows } from './call-book.ts'
import { type CallList, callListOf } from './call-list.ts'
import type { ListState } from './call-pages.ts'
import { FilterBar } from './filter-bar.tsx'
import { addressOf, cleared, type Filters, isNarrowed, readFilters } from './filters.ts'
import { Strip } from './strip.tsx'
import { Table } from './table.tsx'
import { useFacets } from './use-facets.ts'
import { useSettling } from './use-settling.ts'
import { useTimeline } from './use-timeline.ts'

/** What is counted over many calls is counted anew at most this often, however fast calls come. */
const barsMs = 10_000
const facetsMs = 30_000

export function CallsPage() {
  const { query } = useStore(place)
  const filters = useMemo(() => readFilters(query), [query])
  const address = addressOf(filters)
  const list = useMemo(() => callListOf(address, filters), [address])
  const state = useStore(list.state)
  const timeline = useTimeline(filters, useRecount(list, barsMs))
  const facets = useFacets(filters, timeline, useRecount(list, facetsMs))
  useEffect(() => {
    list.listen()
    return () => list.rest()
  }, [list])
  useEffect(() => {
    document.title = `${t('calls.title')} · callscope`
    // A list that is still known has its height at once: what was read is found again.
    if (howWeCame() === 'back') scrollTo(0, rememberedScroll())
  }, [address])
  return (
    <>
      <h1 class="visually-hidden">{t('calls.title')}</h1>
      <Strip filters={filters} timeline={timeline} />
      <FilterBar filters={filters} facets={facets.value} />
      <List filters={filters} list={list} state={state} />
    </>
  )
}

/** A number that rises when live changes came, at most this often. */
function useRecount(list: CallList, everyMs: number): number {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let seen = list.changes.get()
    const timer = setInterval(() => {
      if (list.changes.get() === seen || document.hidden) return
      seen = list.changes.get()
      setTurn((before) => before + 1)
    }, everyMs)
    return () => clearInterval(timer)
  }, [list, everyMs])
  return turn
}

interface ListProps {
  readonly filters: Filters
  readonly list: CallList
  readonly state: ListState
}

function List({ filters, list, state }: ListProps) {
  const [top, setTop] = useState(true)
  const onTop = useCallback((seen: boolean) => setTop(seen), [])
  const latestFirst = filters.sort === 'started' && filters.order === 'desc'
  useSettling(list, state, top && latestFirst)
  useDimming(list, state)
  const { calls, loading, error } = state
  if (calls.length === 0 && error !== undefined) return <Failure error={error} retry={list.reload} />
  if (calls.length === 0 && loading !== undefined) return <Skeleton lines={14} />
  return (
    <>
      <ListHead list={list} state={state} />
      {calls.length === 0 ? (
        <NoCalls filters={filters} />
      ) : (
        <Table filters={filters} list={list} state={state} onTop={onTop} />
      )}
      <ListFoot list={list} state={state} />
    </>
  )
}

/** How long a changed row stays lit at least; as the animation in styles/calls.css. */
const litMs = 2_000

/** By one clock for all rows: a timer that each change starts anew would never end in busy times. */
function useDimming(list: CallList, { lit }: ListState): void {
  const isLit = lit.size > 0
  useEffect(() => {
    if (!isLit) return
    let seen = list.state.get().lit
    const timer = setInterval(() => {
      list.state.set(dimmed(list.state.get(), seen))
      seen = list.state.get().lit
    }, litMs)
    return () => clearInterval(timer)
  }, [isLit, list])
}

function ListHead({ list, state }: Omit<ListProps, 'filters'>) {
  const link = useLink()
  const { calls, nextCursor, waiting, completeUntilMs } = state
  const n = waiting.length
  useEffect(() => {
    if (n > 0) announce(t('calls.newSaid', { n }))
  }, [n > 0])
  const show = (): void => {
    list.settle()
    const table = document.querySelector('.calls')
    scrollTo(0, scrollY + (table?.getBoundingClientRect().top ?? 0) - 48)
  }
  return (
    <>
      {link.type === 'gone' && <Stale sinceMs={link.sinceMs} />}
      <div class="list-head">
        <p>
          {nextCursor === undefined ? t('calls.shown', { n: calls.length }) : t('calls.shownMore', { n: calls.length })}
        </p>
        {completeUntilMs !== undefined && (
          <p class="muted" title={`${utc(completeUntilMs)}. ${t('calls.complete.why')}`}>
            {t('calls.complete', { time: clockSeconds(completeUntilMs) })}
          </p>
        )}
      </div>
      {n > 0 && (
        <div class="list-new">
          <button type="button" class="button button-main" onClick={show}>
            <Icon name="newer" />
            {t('calls.new', { n })}
          </button>
        </div>
      )}
    </>
  )
}

function ListFoot({ list, state: { calls, loading, error } }: Omit<ListProps, 'filters'>) {
  if (calls.length === 0) return null
  if (error !== undefined)
    return (
      <p class="list-foot" role="alert">
        {t('calls.moreFailed')}{' '}
        <button type="button" class="button" onClick={() => list.again()}>
          {t('state.retry')}
        </button>
      </p>
    )
  if (loading === 'more') return <p class="list-foot muted">{t('calls.more')}</p>
  if (calls.length >= maxRows) return <p class="list-foot muted">{t('calls.tooMany', { n: calls.length })}</p>
  return null
}

function NoCalls({ filters }: { readonly filters: Filters }) {
  const who = useStore(session)
  if (isNarrowed(filters))
    return (
      <Empty title={t('calls.none')}>
        <p>{t('calls.none.why')}</p>
        <button type="button" class="button" onClick={() => go(addressOf(cleared(filters)))}>
          {t('filters.clear')}
        </button>
      </Empty>
    )
  return (
    <Empty title={t('calls.nothing')}>
      {!(who.type === 'known' && who.session.demo) && <p>{t('calls.nothing.demo')}</p>}
      <a class="button button-main" href="/import">
        {t('calls.nothing.import')}
      </a>
    </Empty>
  )
}
