import type { ComponentChildren } from 'preact'
import type { CallRecord } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import { duration } from '#explorer/web/format.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import { Time } from '#explorer/web/ui/time.tsx'
import { now } from '#explorer/web/world.ts'
import { endText } from '../story/call-end.ts'
import { shortId } from '../story/parties.ts'
import { routeFacts } from '../story/route-facts.ts'
import { sentenceCase } from '../story/sentences.ts'
import { CallIds } from './call-ids.tsx'

/** Who called whom, when, over what, and how it ended. */
export function CallHeader({ whole, actions }: { readonly whole: WholeCall; readonly actions: ComponentChildren }) {
  const { record } = whole
  return (
    <header class="call-header">
      <div class="call-title">
        <a class="call-back" href="/">
          ← {t('call.back')}
        </a>
        <h1>
          <Title record={record} />
        </h1>
        <Completeness whole={whole} />
        <div class="call-actions">{actions}</div>
      </div>
      <dl class="facts">
        {factsOf(whole).map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <CallIds record={record} />
    </header>
  )
}

/** Who called whom. A conference has members instead; of some calls nobody said. */
function Title({ record: { from, to, conference, id } }: { readonly record: CallRecord }) {
  if (!from && !to)
    return <>{conference ? sentenceCase(t('word.conference')) : t('call.untitled', { id: shortId(id) })}</>
  return (
    <>
      <Party name={from} /> <span aria-hidden="true">→</span>
      <span class="visually-hidden">–</span> <Party name={to} />
    </>
  )
}

const Party = ({ name }: { readonly name: string | undefined | null }) =>
  name ? <bdi class="party">{name}</bdi> : <span class="muted">{t('call.somebody')}</span>

type Fact = readonly [name: string, value: ComponentChildren]

function factsOf({ record }: WholeCall): readonly Fact[] {
  const plain: readonly (readonly [string, string | undefined | null])[] = [
    [t('call.duration'), isNumber(record.talkMs) ? duration(record.talkMs) : undefined],
    [t('call.total'), lastedOf(record)],
    [t('call.setup'), isNumber(record.setupMs) ? duration(record.setupMs) : undefined],
    [t('call.ended'), endText(record)],
    [t('call.tenant'), record.tenant],
    [t('call.direction'), directionText(record)],
    ...routeFacts(record),
  ]
  return [
    [t('call.started'), <Time key="started" ms={record.startedMs} />],
    ...plain.flatMap(([name, value]): Fact[] => (value ? [[name, value]] : [])),
  ]
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number'

function lastedOf({ startedMs, endedMs, talkMs }: CallRecord): string | undefined {
  // Of an answered call the talk says it; of the others how long it was tried.
  return isNumber(endedMs) && !isNumber(talkMs) ? duration(Math.max(0, endedMs - startedMs)) : undefined
}

function directionText({ conference, direction }: CallRecord): string | undefined {
  if (conference) return t('word.conference')
  return direction ? tIfKnown('direction', direction) : undefined
}

/** How final all this is. */
function Completeness({ whole: { record, asOfMs } }: { readonly whole: WholeCall }) {
  const { state } = record
  return (
    <p class="completeness muted">
      <span class={`state-dot state-${state}`} aria-hidden="true" />
      <span>
        {t(`state.${state}`)}
        {state === 'settled' ? '' : <> · {updatingText(asOfMs)}</>}
      </span>
    </p>
  )
}

function updatingText(asOfMs: number) {
  const [before, after] = t('call.updating', { time: '\u0000' }).split('\u0000')
  return (
    <>
      {before}
      <Time ms={Math.min(asOfMs, now())} />
      {after}
    </>
  )
}
