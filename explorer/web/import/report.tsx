import type { ComponentChildren } from 'preact'
import { ApiError } from '../api.ts'
import { bytes, count, share } from '../format.ts'
import { t, tIfKnown } from '../messages.ts'
import { FoundCalls } from './found-calls.tsx'
import type { Import } from './imports.ts'
import type { ImportReport } from './upload.ts'

interface ReportProps {
  readonly one: Import
  readonly goThere: boolean
}

/** One file: how far it is, or what came of it. */
export const Report = ({ one, goThere }: ReportProps) => (
  <li class="panel report" aria-busy={one.state.type === 'sending'}>
    <h2 class="clip" title={one.name}>
      {one.name} <span class="muted">{bytes(one.bytes)}</span>
    </h2>
    <State one={one} goThere={goThere} />
  </li>
)

function State({ one: { state }, goThere }: ReportProps) {
  if (state.type === 'waiting') return <p class="muted">{t('import.waiting')}</p>
  if (state.type === 'failed') return <Failed error={state.error} />
  if (state.type === 'done') return <Done report={state.report} goThere={goThere} />
  const reading = state.share >= 1
  return (
    <div role="status">
      <progress max={1} value={reading ? undefined : state.share} aria-label={t('import.sending', { share: '' })} />
      <p>{reading ? t('import.reading') : t('import.sending', { share: share(state.share) })}</p>
    </div>
  )
}

const Failed = ({ error }: { readonly error: Error }) => (
  <p class="report-failed" role="alert">
    {t('import.failed')} {error instanceof ApiError && error.unreachable ? t('state.unreachable') : error.message}
  </p>
)

function Done({ report, goThere }: { readonly report: ImportReport; readonly goThere: boolean }) {
  const { counts, refused, notes, calls = [] } = report
  const shown = Object.entries(counts).filter(([, n]) => n > 0)
  return (
    <>
      <dl class="report-counts">
        {shown.map(([name, n]) => (
          <div key={name}>
            <dt>{tIfKnown('import.count', name)}</dt>
            <dd>{count(n)}</dd>
          </div>
        ))}
      </dl>
      {shown.length === 0 && <p>{t('import.nothing')}</p>}
      {calls.length > 0 && (
        <Part title={t('import.calls', { n: counts.calls ?? calls.length })}>
          <FoundCalls named={calls} goThere={goThere && calls.length === 1 && refused.length === 0} />
        </Part>
      )}
      {notes.length > 0 && (
        <Part title={t('import.notes')}>
          <ul class="report-notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Part>
      )}
      {refused.length > 0 && <Refused refused={refused} />}
    </>
  )
}

const Part = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <section class="report-part">
    <h3>{title}</h3>
    {children}
  </section>
)

function Refused({ refused }: Pick<ImportReport, 'refused'>) {
  const total = refused.reduce((sum, one) => sum + one.count, 0)
  return (
    <Part title={t('import.refused', { n: total })}>
      <div class="report-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t('import.refused.reason')}</th>
              <th scope="col" class="number">
                {t('import.refused.count')}
              </th>
              <th scope="col">{t('import.refused.example')}</th>
            </tr>
          </thead>
          <tbody>
            {refused.map(({ reason, count: n, example }) => (
              <tr key={reason}>
                <th scope="row">{reason.replaceAll('_', ' ')}</th>
                <td class="number">{count(n)}</td>
                <td>
                  <code>{example}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Part>
  )
}
