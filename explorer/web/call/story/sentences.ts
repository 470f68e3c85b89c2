import type { CallRecord, Finding, Reason } from '#contracts/call-record.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'
import { type MessageKey, t } from '#explorer/web/messages.ts'
import { measures } from '../media/measures.ts'
import { toldDuration } from './figures.ts'
import { partiesOf } from './parties.ts'

type Thresholds = CallSamples['thresholds']

/** "the caller missed 7.2 % of what the callee said, for 41 s". Without an amount that is certain, the server's words. */
export function reasonSentence(reason: Reason, record: CallRecord, thresholds: Thresholds | undefined): string {
  const amount = amountOf(reason, record, thresholds)
  if (amount === undefined) return reason.text
  const isVideo = record.streams.some(({ key, kind }) => key === reason.stream && kind === 'video')
  const { speaker, hearer } = partiesOf(reason.direction)
  const key: MessageKey = isVideo ? 'call.reason.video' : `call.reason.${reason.measure}`
  return t(key, { amount, speaker, hearer, time: toldDuration(reason.badMs) } as never)
}

/**
 * The mean of the measure where that is itself beyond the limit; else the mean would play down what happened, and the
 * limit is named.
 */
function amountOf(
  { measure, severity, value, stream }: Reason,
  record: CallRecord,
  thresholds: Thresholds | undefined,
) {
  const described = measures.find(({ name }) => name === measure)
  if (described === undefined || thresholds === undefined) return undefined
  const limit = described.limits(thresholds, bandOf(record, stream))?.[severity]
  if (limit === undefined) return undefined
  const isBeyond = value !== undefined && (described.worse === 'lower' ? value < limit : value >= limit)
  if (isBeyond) return measure === 'mos' ? `MOS ${described.write(value)}` : described.write(value)
  const key = described.worse === 'lower' ? 'call.amount.below' : 'call.amount.atLeast'
  return t(key, { limit: described.write(limit) })
}

function bandOf({ streams }: CallRecord, key: string) {
  const scores = streams.filter((stream) => stream.key === key).flatMap(({ mos }) => mos)
  const judged = scores.filter(({ grounded, source }) => grounded && source === 'computed')
  return (judged.find(({ kind }) => kind === 'conversational') ?? judged[0])?.band
}

/** "the caller heard nothing from the callee for 23 s …". Kinds that only repeat what the server says are left in its words. */
export function findingSentence({ type, stream, fromMs, toMs, text }: Finding, record: CallRecord): string {
  const label = record.streams.find(({ key }) => key === stream)?.label
  if (label === undefined || !isNumber(fromMs) || !isNumber(toMs)) return text
  const time = toldDuration(toMs - fromMs)
  const { speaker, hearer } = partiesOf(label)
  if (type === 'one_way_audio' || type === 'no_media_after_answer' || type === 'late_media' || type === 'loss_burst')
    return t(`call.finding.${type}`, { speaker, hearer, time })
  if (type === 'ended_after_poor_stretch' && isNumber(record.endedMs))
    return t('call.finding.ended_after_poor_stretch', { time, gap: toldDuration(Math.max(0, record.endedMs - toMs)) })
  const limit = /limited by (cpu|bandwidth)/.exec(text)?.[1]
  if (type === 'client_limited' && (limit === 'cpu' || limit === 'bandwidth'))
    return t(`call.finding.client_limited.${limit}`, { party: label.startsWith('conference') ? hearer : speaker, time })
  return text
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number'

/** One sentence that somebody who never saw a jitter can read. */
export function headline(record: CallRecord, thresholds: Thresholds | undefined): string {
  const { class: is, unclassified, reasons, findings } = record.verdict
  if (is === 'unclassified') return unclassifiedSentence(record, unclassified)
  // What a person would complain of comes first: silence before figures.
  const finding = findings.find(({ severity }) => severity === is)
  if (finding !== undefined) return findingSentence(finding, record)
  const reason = reasons.find(({ severity }) => severity === is) ?? reasons[0]
  if (reason !== undefined) return reasonSentence(reason, record, thresholds)
  return record.state === 'open' ? t('call.headline.goodSoFar') : t('call.headline.good')
}

function unclassifiedSentence({ state, streams, answeredMs }: CallRecord, because: string | undefined): string {
  if (because === 'not_answered') return t('call.headline.notAnswered')
  if (because === 'too_short') return state === 'open' ? t('call.headline.tooShortSoFar') : t('call.headline.tooShort')
  if (because === 'not_judgeable') return t('call.headline.notJudgeable')
  if (because === 'not_computed') return t('call.headline.notComputed')
  if (state === 'open' && !isNumber(answeredMs) && streams.length === 0) return t('call.headline.settingUp')
  return t('call.headline.noSamples')
}

/** "very likely", "likely", "possible", "a weak hint". */
export function confidenceWord(confidence: number): string {
  if (confidence >= 0.8) return t('call.confidence.veryLikely')
  if (confidence >= 0.6) return t('call.confidence.likely')
  return confidence >= 0.4 ? t('call.confidence.possible') : t('call.confidence.hint')
}

/** Sentences begin with whoever they are about, in small letters. */
export const sentenceCase = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1)
