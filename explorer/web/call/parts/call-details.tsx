import type { WholeCall } from '#contracts/warehouse.ts'
import { duration, unknownMark } from '#explorer/web/format.ts'
import { t } from '#explorer/web/messages.ts'
import { Time } from '#explorer/web/ui/time.tsx'

/** What billing says, and by which rules the verdict was reached. */
export function CallDetails({ whole: { record, asOfMs, version } }: { readonly whole: WholeCall }) {
  const { cdr, formulaVersion, profileVersion } = record
  const seconds = (value: number | null | undefined): string =>
    typeof value === 'number' ? duration(value * 1_000) : unknownMark
  return (
    <div class="details">
      {cdr && (
        <section class="panel detail" aria-label={t('call.cdr')}>
          <h2 class="panel-title">{t('call.cdr')}</h2>
          <dl class="facts">
            <div class="fact">
              <dt>{t('call.cdr.duration')}</dt>
              <dd>{seconds(cdr.durationSeconds)}</dd>
            </div>
            <div class="fact">
              <dt>{t('call.cdr.billed')}</dt>
              <dd>{seconds(cdr.billedSeconds)}</dd>
            </div>
          </dl>
        </section>
      )}
      <section class="panel detail" aria-label={t('call.judged')}>
        <h2 class="panel-title">{t('call.judged')}</h2>
        <p class="panel-text">
          <Time
            ms={asOfMs}
            text={t('call.judged.asOf', { time: new Date(asOfMs).toLocaleString(), version: String(version) })}
          />
          {', '}
          {t('call.judged.by', { formula: formulaVersion, profile: profileVersion })}
        </p>
      </section>
    </div>
  )
}
