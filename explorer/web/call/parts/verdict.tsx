import { useState } from 'preact/hooks'
import type { CallRecord } from '#contracts/call-record.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'
import { share } from '#explorer/web/format.ts'
import { t } from '#explorer/web/messages.ts'
import { ClassBadge } from '#explorer/web/ui/badge.tsx'
import { Icon } from '#explorer/web/ui/icons.tsx'
import type { View } from '../media/views.ts'
import type { Moment } from '../story/moments.ts'
import { confidenceWord, headline, sentenceCase } from '../story/sentences.ts'
import { becauseStatements, type Statement, statementsOf } from '../story/statements.ts'
import { GoIcon } from './go-icon.tsx'

interface VerdictProps {
  readonly record: CallRecord
  readonly views: readonly View[]
  readonly thresholds: CallSamples['thresholds'] | undefined
  readonly show: (moment: Moment) => void
}

/** How bad, why, whose side, and what speaks for it; every statement leads to its moment in the chart. */
export function Verdict(props: VerdictProps) {
  const { record, thresholds } = props
  const { class: is, fault } = record.verdict
  const { why, also, evidence } = statementsOf(props)
  return (
    <section class="panel verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title" class="visually-hidden">
        {t('call.verdict')}
      </h2>
      <p class="verdict-headline">
        <ClassBadge class={is} />
        <strong>{sentenceCase(headline(record, thresholds))}</strong>
      </p>
      <div class="verdict-columns">
        {fault ? <WhoseSide {...props} fault={fault} /> : null}
        <Statements title={t('call.why')} all={why} show={props.show} />
        <Statements title={t('call.also')} all={also} show={props.show} />
        <Statements title={t('call.evidence')} all={evidence} show={props.show} />
      </div>
    </section>
  )
}

interface WhoseSideProps extends VerdictProps {
  readonly fault: NonNullable<CallRecord['verdict']['fault']>
}

function WhoseSide({ fault: { domain, confidence, because }, record, views, show }: WhoseSideProps) {
  const all = becauseStatements(because, { record, views })
  const isNamed = domain !== 'unknown'
  return (
    <div class="verdict-part">
      <h3>{t('call.whoseSide')}</h3>
      <p class="whose-side">
        <strong>{isNamed ? t(`fault.${domain}`) : t('call.fault.nobody')}</strong>
        {confidence > 0 && (
          <span class="muted">
            {t('call.confidence', { word: confidenceWord(confidence), share: share(confidence) })}
          </span>
        )}
      </p>
      <StatementList all={all} show={show} />
    </div>
  )
}

interface StatementsProps {
  readonly title: string
  readonly all: readonly Statement[]
  readonly show: (moment: Moment) => void
}

const Statements = ({ title, all, show }: StatementsProps) =>
  all.length === 0 ? null : (
    <div class="verdict-part">
      <h3>{title}</h3>
      <StatementList all={all} show={show} />
    </div>
  )

/** The worst come first; more than this at once is not read. */
const shownAtFirst = 4

function StatementList({ all, show }: Omit<StatementsProps, 'title'>) {
  const [isWhole, setWhole] = useState(false)
  const left = all.length - shownAtFirst
  return (
    <>
      <ul class="plain statements">
        {(isWhole ? all : all.slice(0, shownAtFirst)).map((one) => (
          <li key={one.key}>
            <StatementButton statement={one} show={show} />
          </li>
        ))}
      </ul>
      {left > 0 && (
        <button type="button" class="button button-quiet" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? t('call.fewer') : t('call.more', { n: left })}
        </button>
      )}
    </>
  )
}

function StatementButton({
  statement: { tone, text, said, places, moment },
  show,
}: {
  readonly statement: Statement
  readonly show: (moment: Moment) => void
}) {
  const content = (
    <>
      <span class={`tone tone-${tone}`}>
        <Icon name={tone === 'none' ? 'unclassified' : tone} size={14} />
        {tone !== 'none' && <span class="visually-hidden">{t(`class.${tone}`)}: </span>}
      </span>
      <span>
        {text}
        {places > 1 && <span class="muted"> ({t('call.places', { n: places })})</span>}
      </span>
    </>
  )
  if (moment === undefined) return <span class="statement">{content}</span>
  return (
    <button type="button" class="statement" title={said ?? t('call.show')} onClick={() => show(moment)}>
      {content}
      <GoIcon />
    </button>
  )
}
