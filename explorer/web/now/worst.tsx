import type { Now } from '../api-types.ts'
import { listAddress } from '../calls/filters.ts'
import { count, share } from '../format.ts'
import { t } from '../messages.ts'
import { badShare, judgedOf, type WorstRow, worstFirst } from './worst-order.ts'

interface WorstProps {
  readonly now: Now
  readonly minutes: number
  readonly tenant: string | undefined
}

const dimensions = ['carrier', 'route', 'region', 'codec'] as const
type Dimension = (typeof dimensions)[number]

/** Most rows of one table: beyond these nobody is among the worst. */
const maxRows = 8

/** Carriers, routes, regions and codecs, worst first, each leading to the bad calls behind its share. */
export const Worst = ({ now, minutes, tenant }: WorstProps) => (
  <section>
    <h2>{t('now.worst')}</h2>
    <p class="muted">{t('now.worst.why')}</p>
    <div class="worst">
      {dimensions.map((name) => (
        <WorstTable
          key={name}
          name={name}
          rows={worstFirst(now.worst[name]).slice(0, maxRows)}
          addressOf={(value) =>
            listAddress({
              ...(tenant === undefined ? {} : { tenant }),
              [name]: value,
              class: 'poor,degraded',
              since: `${minutes}m`,
            })
          }
        />
      ))}
    </div>
  </section>
)

interface WorstTableProps {
  readonly name: Dimension
  readonly rows: readonly WorstRow[]
  readonly addressOf: (value: string) => string
}

function WorstTable({ name, rows, addressOf }: WorstTableProps) {
  const widest = Math.max(0.05, ...rows.map((row) => badShare(row) ?? 0))
  return (
    <section class="panel worst-one">
      <h3>{t(`now.worst.${name}`)}</h3>
      {rows.length === 0 ? (
        <p class="muted">{t('now.worst.none')}</p>
      ) : (
        <table class="table worst-table">
          <thead>
            <tr>
              <th scope="col">{t('now.worst.name')}</th>
              <th scope="col" colSpan={3}>
                {t('now.worst.share')}
              </th>
              <th scope="col" class="number">
                {t('now.worst.unclassified')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Line key={row.value} row={row} widest={widest} address={addressOf(row.value)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

interface LineProps {
  readonly row: WorstRow
  /** The share that fills the whole bar. */
  readonly widest: number
  readonly address: string
}

function Line({ row, widest, address }: LineProps) {
  const judged = judgedOf(row)
  const part = (calls: number): string => `${judged === 0 ? 0 : (calls / judged / widest) * 100}%`
  return (
    <tr>
      <th scope="row">
        <a class="worst-link clip" href={address} aria-label={spoken(row)} title={row.value}>
          {row.value}
        </a>
      </th>
      <td class="worst-bar" aria-hidden="true">
        <span class="bar">
          <span class="bar-part swatch-poor" style={{ width: part(row.poor) }} />
          <span class="bar-part swatch-degraded" style={{ width: part(row.bad - row.poor) }} />
        </span>
      </td>
      <td class="number worst-share">{share(badShare(row))}</td>
      <td class="number muted worst-count">{t('now.worst.count', { bad: count(row.bad), calls: count(judged) })}</td>
      <td class="number muted">{share(row.unclassified / Math.max(1, row.calls))}</td>
    </tr>
  )
}

const spoken = (row: WorstRow): string =>
  t('now.worst.row', {
    value: row.value,
    share: share(badShare(row)),
    bad: count(row.bad),
    judged: count(judgedOf(row)),
    unclassified: count(row.unclassified),
  })
