import type { CallRecord } from '#contracts/call-record.ts'
import { t } from '#explorer/web/messages.ts'

/** Whose call it was and over what it ran, in the order of the header and of the report. */
export const routeFacts = (record: CallRecord): readonly (readonly [string, string | null | undefined])[] => [
  [t('call.carrier'), record.carrier],
  [t('call.gateway'), record.gateway],
  [t('call.route'), record.route],
  [t('call.region'), record.region],
  [t('call.codec'), record.codec],
  [t('call.mediaNode'), record.mediaNode],
]
