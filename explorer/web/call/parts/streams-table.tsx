import type { Mos, StreamSummary } from '#contracts/call-record.ts'
import { count, duration, mos as mosText, share, unknownMark } from '#explorer/web/format.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import type { View } from '../media/views.ts'
import { milliseconds } from '../story/figures.ts'
import { arrowOf } from '../story/parties.ts'
import { ScrollTable } from './scroll-table.tsx'
import { StreamBadge } from './stream-badge.tsx'

/** All figures of all observers. Unknown is a dash, never a zero. */
export function StreamsTable({ views }: { readonly views: readonly View[] }) {
  if (views.length === 0) return null
  return (
    <section class="panel" aria-labelledby="streams-title">
      <h2 id="streams-title" class="panel-title">
        {t('call.streams')}
      </h2>
      <ScrollTable labelledBy="streams-title">
        <thead>
          <tr>
            <th scope="col">{t('call.streams.stream')}</th>
            <th scope="col">{t('call.streams.observer')}</th>
            <th scope="col">{t('call.streams.class')}</th>
            <th scope="col" class="number">
              {t('call.streams.measured')}
            </th>
            <th scope="col" class="number">
              {t('call.streams.badTime')}
            </th>
            <th scope="col" class="number">
              {t('call.streams.packets')}
            </th>
            <th scope="col" class="number">
              {t('measure.loss')}
            </th>
            <th scope="col" class="number">
              {t('measure.jitter')}
            </th>
            <th scope="col" class="number">
              {t('measure.round_trip')}
            </th>
            <th scope="col" class="number">
              {t('measure.concealment')}
            </th>
            <th scope="col">MOS</th>
            <th scope="col">{t('call.streams.codec')}</th>
          </tr>
        </thead>
        <tbody>
          {views.map((view) => (
            <StreamRow key={view.id} stream={view.stream} />
          ))}
        </tbody>
      </ScrollTable>
    </section>
  )
}

const known = (value: number | null | undefined): number | undefined => value ?? undefined
const withWorst = (mean: number | null | undefined, worst: number | null | undefined): string => {
  if (typeof mean !== 'number') return unknownMark
  return typeof worst === 'number' && worst > mean * 1.05
    ? `${milliseconds(mean)} (${t('call.streams.worst', { value: milliseconds(worst) })})`
    : milliseconds(mean)
}

function StreamRow({ stream }: { readonly stream: StreamSummary }) {
  const badMs = stream.degradedMs + stream.poorMs
  return (
    <tr>
      <th scope="row">
        {arrowOf(stream.label)}
        {stream.kind === 'video' && <span class="muted"> {t('call.kind.video')}</span>}
        <code class="cell-more">{stream.streamId || stream.legId}</code>
      </th>
      <td>
        {tIfKnown('call.observer', stream.observer)}
        {stream.scope === 'call' && <span class="cell-more">{t('call.stream.wholeCall')}</span>}
        {stream.source && <code class="cell-more">{stream.source}</code>}
        {stream.chosen && <span class="cell-more">{t('call.stream.counts')}</span>}
      </td>
      <td>
        <StreamBadge stream={stream} />
      </td>
      <td class="number">{duration(stream.measuredMs)}</td>
      <td class="number">{badMs === 0 ? unknownMark : duration(badMs)}</td>
      <td class="number">{count(known(stream.packetsReceived))}</td>
      <td class="number">
        {share(known(stream.lossRatio))}
        {known(stream.packetsLost) !== undefined && (
          <span class="cell-more">
            {count(known(stream.packetsLost))} {t('call.streams.lost').toLocaleLowerCase()}
          </span>
        )}
        {(known(stream.discardRatio) ?? 0) > 0 && (
          <span class="cell-more">{t('call.streams.discarded', { value: share(known(stream.discardRatio)) })}</span>
        )}
      </td>
      <td class="number">{withWorst(stream.jitterMs, stream.jitterMaxMs)}</td>
      <td class="number">{withWorst(stream.roundTripMs, stream.roundTripMaxMs)}</td>
      <td class="number">{share(known(stream.concealedRatio))}</td>
      <td>
        {stream.mos.length === 0 && unknownMark}
        {stream.mos.map((one) => (
          <MosRecord key={`${one.name} ${one.source} ${one.codecRow}`} mos={one} />
        ))}
      </td>
      <td>{stream.codecs.join(', ') || unknownMark}</td>
    </tr>
  )
}

/** A MOS never stands alone: kind, band, where it comes from, and what it rests on. */
function MosRecord({ mos }: { readonly mos: Mos }) {
  const facts = [
    t(`call.mos.${mos.kind}`),
    t(`call.band.${mos.band}`),
    t(`call.mos.${mos.source}`),
    ...(mos.codecRow === '' ? [] : [mos.codecRow]),
    ...(mos.source === 'computed' ? [t(mos.grounded ? 'call.mos.grounded' : 'call.mos.ungrounded')] : []),
    ...(mos.extrapolated ? [t('call.mos.extrapolated')] : []),
    t('call.mos.range', { least: mosText(mos.min), greatest: mosText(mos.max) }),
  ]
  return (
    <div class={`mos-record${mos.grounded || mos.source === 'reported' ? '' : ' muted'}`}>
      <strong>{mosText(mos.value)}</strong> {mos.name}
      <span class="cell-more">{facts.join(', ')}</span>
    </div>
  )
}
