import { Component, type ComponentChildren } from 'preact'
import type { CallListItem } from '../api-types.ts'
import { callDuration, clockSeconds, dateTime, mos, sameDay, share, unknownMark } from '../format.ts'
import { t, tIfKnown } from '../messages.ts'
import { callAddress } from '../router.ts'
import { ClassBadge } from '../ui/badge.tsx'
import { Time } from '../ui/time.tsx'
import { now } from '../world.ts'

interface RowProps {
  readonly call: CallListItem
  /** From 0. */
  readonly row: number
  readonly topPx: number
  readonly lit: number | undefined
  readonly gone: boolean
  /** The one row that Tab reaches. */
  readonly current: boolean
}

/** One call: a table row on wide screens, a card on narrow ones. Drawn anew only when something in it changed. */
export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { call, row, topPx, lit, gone, current } = this.props
    const same = call === next.call && row === next.row && topPx === next.topPx
    return !(same && lit === next.lit && gone === next.gone && current === next.current)
  }

  override render(props: RowProps) {
    return <RowContent {...props} />
  }
}

/** All of it is one link. */
const RowContent = ({ call, row, topPx, lit, gone, current }: RowProps) => (
  // biome-ignore lint/a11y/useSemanticElements: rows stand at places of their own, which a table's cannot.
  <div
    role="row"
    tabIndex={-1}
    aria-rowindex={row + 2}
    class={`row row-${call.class}${gone ? ' row-gone' : ''}`}
    title={gone ? t('calls.gone') : undefined}
    style={{ transform: `translateY(${topPx}px)` }}
  >
    {lit !== undefined && <span key={lit} class="row-lit" />}
    <Cell name="when">
      <Time ms={call.startedMs} text={startOf(call.startedMs)} />
    </Cell>
    <Cell name="parties">
      <a class="row-link clip" href={callAddress(call)} data-row={row} tabIndex={current ? 0 : -1}>
        <Parties call={call} />
      </a>
    </Cell>
    <Cell name="tenant" text={call.tenant} />
    <Cell name="carrier" text={call.carrier} />
    <Cell name="region" text={call.region} />
    <Cell name="codec" text={call.codec} />
    <Cell name="duration" text={callDuration(call.talkMs)} />
    <Cell name="class">{isUndecided(call) ? <OpenBadge call={call} /> : <ClassBadge class={call.class} />}</Cell>
    <Cell name="mos">
      <WorstMos call={call} />
    </Cell>
    <Cell name="why">
      <Why call={call} />
    </Cell>
  </div>
)

interface CellProps {
  readonly name: string
  readonly text?: string | undefined
  readonly children?: ComponentChildren
}

const Cell = ({ name, text, children }: CellProps) => (
  // biome-ignore lint/a11y/useSemanticElements: see Row.
  <div role="cell" class={`cell cell-${name} clip`} title={text}>
    {children ?? text ?? unknownMark}
  </div>
)

const startOf = (ms: number): string => (sameDay(ms, now()) ? clockSeconds(ms) : dateTime(ms, now()))

function Parties({ call: { from, to, conference } }: { readonly call: CallListItem }) {
  if (conference && to === undefined)
    return (
      <>
        {from ?? unknownMark} <span class="muted">({t('word.conference')})</span>
      </>
    )
  return (
    <>
      {from ?? t('word.unknown')}
      <span class="muted" aria-hidden="true">
        {' → '}
      </span>
      <span class="visually-hidden"> {t('calls.to')} </span>
      {to ?? t('word.unknown')}
    </>
  )
}

function WorstMos({ call: { worstMos, worstMosName } }: { readonly call: CallListItem }) {
  if (worstMos === undefined) return <span class="muted">{unknownMark}</span>
  return (
    <>
      {mos(worstMos)} <span class="scale">{worstMosName}</span>
    </>
  )
}

/** Nobody can say yet how it is: that is no class to be shown as one. */
const isUndecided = ({ state, class: name }: CallListItem): boolean => state === 'open' && name === 'unclassified'

const OpenBadge = ({ call }: { readonly call: CallListItem }) => (
  <span class="badge badge-open">
    <span class="row-open" aria-hidden="true" />
    {stateOf(call)}
  </span>
)

/** Whose side, and the first thing that is wrong; the others on hover and on the call's own page. */
function Why({ call }: { readonly call: CallListItem }) {
  const found = [...call.findings, ...call.reasons].map(asWords)
  const [first] = found
  if (first === undefined) return <span class="muted">{isUndecided(call) ? unknownMark : stateOf(call)}</span>
  const side = call.fault === undefined || call.fault === 'unknown' ? undefined : tIfKnown('side', call.fault)
  return (
    <span
      class="row-why"
      title={[...found, ...faultOf(call), ...(call.state === 'settled' ? [] : [stateOf(call)])].join('\n')}
    >
      {call.state === 'open' && (
        <>
          <span class="row-open" aria-hidden="true" />
          <span class="visually-hidden">{stateOf(call)}: </span>
        </>
      )}
      {side !== undefined && <span class="row-side">{side}</span>}
      <span class="clip">{first}</span>
      {found.length > 1 && <span class="row-more">{t('calls.moreReasons', { n: found.length - 1 })}</span>}
    </span>
  )
}

/** Findings come as types or as sentences, according to what the record holds. */
const asWords = (text: string): string => (/^[a-z_]+$/.test(text) ? tIfKnown('finding', text) : text)

function stateOf(call: CallListItem): string {
  if (call.state !== 'settled') return t(`calls.state.${call.state}`)
  if (call.unclassified !== undefined) return tIfKnown('unclassified', call.unclassified)
  return call.disposition === 'not_answered' ? t('unclassified.not_answered') : ''
}

function faultOf({ fault, faultConfidence }: CallListItem): readonly string[] {
  if (fault === undefined) return []
  return [t('calls.fault', { side: tIfKnown('fault', fault), confidence: share(faultConfidence) })]
}
