import type { CallRecord } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'
import { count, duration, mos as mosText, share, utc } from '#explorer/web/format.ts'
import { language } from '#explorer/web/language.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import { boundsOf, homeOf } from '../axis/bounds.ts'
import { limitsOf } from '../media/limits.ts'
import { measures } from '../media/measures.ts'
import type { View } from '../media/views.ts'
import { endText } from '../story/call-end.ts'
import { eventDetail, eventName } from '../story/event-text.ts'
import { milliseconds } from '../story/figures.ts'
import { idsOf } from '../story/ids.ts'
import { arrowOf } from '../story/parties.ts'
import { routeFacts } from '../story/route-facts.ts'
import { confidenceWord, headline, sentenceCase } from '../story/sentences.ts'
import { statementsOf } from '../story/statements.ts'
import { hasFailed, levelOf, msOfNanos } from '../story/telemetry.ts'
import { telemetryNotes } from '../story/telemetry-state.ts'
import { chartSvg } from './chart-svg.ts'
import { html, type Markup } from './markup.ts'
import { reportStyle } from './report-style.ts'

export interface ReportParts {
  readonly whole: WholeCall
  readonly samples: CallSamples | undefined
  readonly views: readonly View[]
  readonly madeAtMs: number
  /** Of the program. */
  readonly version: string
}

/** Rows of a table that go into a ticket. The JSON has all. */
const maxRows = 500

/**
 * The call as one file for a carrier's ticket. It holds no script and asks for nothing: what it is opened with can read
 * it for ever. Every value is escaped by `html`; the policy in its head is for the day that one is not.
 */
export function callReport(parts: ReportParts): string {
  const { whole, madeAtMs, version } = parts
  const { record } = whole
  const title = `${t('call.export.title')}: ${record.from ?? '?'} → ${record.to ?? '?'}, ${utc(record.startedMs)}`
  const page = html`<!doctype html>
<html lang="${language.get()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: reportStyle }}</style>
</head>
<body>
<svg class="pattern" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" stroke="#a9b4bf" stroke-width="1.5"/></pattern></defs></svg>
<h1>${title}</h1>
<p class="muted">${t('call.export.made', { time: utc(madeAtMs), version })}</p>
${verdictPart(parts)}
${factsPart(whole)}
${chartsPart(parts)}
${streamsPart(record)}
${eventsPart(record)}
${telemetryPart(whole)}
</body>
</html>`
  return page.markup
}

function verdictPart({ whole: { record }, samples, views }: ReportParts): Markup {
  const { class: is, fault } = record.verdict
  const thresholds = samples?.thresholds
  const { why, also } = statementsOf({ record, views, thresholds })
  const all = [...why, ...also].map(({ text, places }) =>
    places > 1 ? `${text} (${t('call.places', { n: places })})` : text,
  )
  return html`<div class="verdict">
<p><strong class="class-${is}">${t(`class.${is}`)}:</strong> <strong>${sentenceCase(headline(record, thresholds))}</strong></p>
${all.length === 0 ? undefined : html`<ul>${all.map((text) => html`<li>${text}</li>`)}</ul>`}
${fault ? faultPart(fault) : undefined}
</div>`
}

function faultPart({ domain, confidence, because }: NonNullable<CallRecord['verdict']['fault']>): Markup {
  const sure = t('call.confidence', { word: confidenceWord(confidence), share: share(confidence) })
  const name = domain === 'unknown' ? t('call.fault.nobody') : `${t(`fault.${domain}`)} (${sure})`
  return html`<p>${t('call.whoseSide')}: <strong>${name}</strong></p>
<ul>${because.map((text) => html`<li>${sentenceCase(text)}</li>`)}</ul>`
}

function factsPart({ record, asOfMs, version }: WholeCall): Markup {
  const { cdr } = record
  const seconds = (value: number | null | undefined) =>
    typeof value === 'number' ? duration(value * 1_000) : undefined
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    [t('call.started'), utc(record.startedMs)],
    [t('call.duration'), typeof record.talkMs === 'number' ? duration(record.talkMs) : undefined],
    [t('call.ended'), endText(record)],
    [t('call.tenant'), record.tenant],
    ...routeFacts(record),
    [t('call.cdr.duration'), seconds(cdr?.durationSeconds)],
    [t('call.cdr.billed'), seconds(cdr?.billedSeconds)],
    ...idsOf(record)
      .slice(0, maxRows)
      .map(({ kind, id }) => [tIfKnown('call.id', kind), id] as const),
    [
      t('call.judged'),
      `${t('call.judged.asOf', { time: utc(asOfMs), version: String(version) })}, ${t('call.judged.by', { formula: record.formulaVersion, profile: record.profileVersion })}`,
    ],
  ]
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== '')
  return html`<dl>${known.map(([name, value]) => html`<dt>${name}</dt><dd>${value ?? ''}</dd>`)}</dl>`
}

function chartsPart({ whole, samples, views, madeAtMs }: ReportParts): Markup {
  const home = homeOf(whole.record, madeAtMs)
  const bounds = boundsOf(whole, madeAtMs)
  const range = { fromMs: Math.max(home.fromMs, bounds.fromMs), toMs: Math.min(home.toMs, bounds.toMs) }
  const figures = views
    .filter(({ stream }) => stream.kind === 'audio' || stream.class !== 'good')
    .flatMap((view) => {
      const known = measures.filter(({ name }) => view.columns.values[name].some((value) => !Number.isNaN(value)))
      if (known.length === 0) return []
      const title = `${arrowOf(view.stream.label)}, ${tIfKnown('call.observer', view.stream.observer)}`
      return [
        html`<h3>${title} <span class="class-${view.stream.class}">${t(`class.${view.stream.class}`)}</span></h3>`,
        ...known.map((measure) => {
          const limits = limitsOf(view, measure, samples?.thresholds)
          const word = measure.name === 'mos' ? (view.mosName ?? 'MOS') : t(`measure.${measure.name}`)
          return html`<figure><figcaption>${word}</figcaption>${chartSvg(view, measure, limits, range)}</figure>`
        }),
      ]
    })
  if (figures.length === 0) return html`<p class="muted">${t('call.noMedia')}</p>`
  return html`<h2>${t('call.timeline')}</h2><p class="muted">${utc(range.fromMs)} – ${utc(range.toMs)}</p>${figures}`
}

function streamsPart({ streams }: CallRecord): Markup {
  const ms = (value: number | null | undefined) => (typeof value === 'number' ? milliseconds(value) : '—')
  const rows = streams.slice(0, maxRows).map(
    (stream) => html`<tr><td>${arrowOf(stream.label)} ${t(`call.kind.${stream.kind}`)}</td>
<td>${tIfKnown('call.observer', stream.observer)} ${stream.source ?? ''}</td><td class="class-${stream.class}">${t(`class.${stream.class}`)}</td>
<td class="number">${duration(stream.measuredMs)}</td><td class="number">${count(stream.packetsReceived ?? undefined)}</td>
<td class="number">${share(stream.lossRatio ?? undefined)}</td><td class="number">${ms(stream.jitterMs)}</td><td class="number">${ms(stream.roundTripMs)}</td>
<td class="number">${share(stream.concealedRatio ?? undefined)}</td>
<td>${stream.mos.map((one) => `${mosText(one.value)} ${one.name} ${one.codecRow}${one.grounded || one.source === 'reported' ? '' : ` (${t('call.mos.ungrounded')})`}`).join('; ')}</td></tr>`,
  )
  if (rows.length === 0) return html``
  return html`<h2>${t('call.streams')}</h2><table><thead><tr>
<th>${t('call.streams.stream')}</th><th>${t('call.streams.observer')}</th><th>${t('call.streams.class')}</th><th class="number">${t('call.streams.measured')}</th>
<th class="number">${t('call.streams.packets')}</th><th class="number">${t('measure.loss')}</th><th class="number">${t('measure.jitter')}</th><th class="number">${t('measure.round_trip')}</th>
<th class="number">${t('measure.concealment')}</th><th>MOS</th></tr></thead><tbody>${rows}</tbody></table>`
}

function eventsPart({ events }: CallRecord): Markup {
  if (events.length === 0) return html``
  const rows = events
    .slice(0, maxRows)
    .map(
      (event) =>
        html`<tr><td>${clockOf(event.atMs)}</td><td>${eventName(event)}</td><td>${eventDetail(event)}</td></tr>`,
    )
  return html`<h2>${t('call.events')}</h2><table><tbody>${rows}</tbody></table>`
}

/** What speaks for the verdict: warnings and worse, and spans that failed. */
function telemetryPart(whole: WholeCall): Markup {
  const { logs, spans } = whole
  const notes = telemetryNotes(whole).map((note) => html`<p>${note}</p>`)
  const lines = [
    ...logs
      .filter((log) => ['error', 'warning'].includes(levelOf(log)))
      .map((log) => ({
        atMs: msOfNanos(log.timeUnixNano),
        kind: t(`call.telemetry.level.${levelOf(log)}`),
        service: log.serviceName,
        text: log.body,
      })),
    ...spans.filter(hasFailed).map((span) => ({
      atMs: msOfNanos(span.startTimeUnixNano),
      kind: `${t('call.telemetry.span')}, ${t('call.telemetry.failed')}`,
      service: span.serviceName,
      text: [span.name, span.statusMessage].filter((part) => part !== '').join(': '),
    })),
  ].sort((a, b) => a.atMs - b.atMs)
  if (lines.length === 0) return html`${notes}`
  const rows = lines
    .slice(0, maxRows)
    .map(
      (line) =>
        html`<tr><td>${clockOf(line.atMs)}</td><td>${line.kind}</td><td>${line.service}</td><td>${line.text}</td></tr>`,
    )
  return html`<h2>${t('call.evidence')}</h2>${notes}<table><tbody>${rows}</tbody></table>`
}

const clockOf = (ms: number): string => new Date(ms).toISOString().slice(11, 23)
