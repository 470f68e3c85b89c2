import { z } from 'zod'
import { cloudEventContext, counter, id, knownIds, name, timestamp } from './common.ts'

/** A decimal number as text: money never passes through a float. */
const decimal = z.string().regex(/^-?\d{1,18}(\.\d{1,9})?$/, 'must be a decimal number in a string, like "0.0125"')

const callDetail = {
  ...knownIds,
  started_at: timestamp.optional(),
  answered_at: timestamp.optional(),
  ended_at: timestamp.optional(),
  duration_seconds: counter.optional(),
  carrier: name.optional(),
  route: name.optional(),
  disposition: name.optional(),
} as const

export const cdrEventData = {
  'cdr.recorded': z.strictObject(callDetail),
  'cdr.rated': z.strictObject({
    ...callDetail,
    billed_seconds: counter,
    plan: name.optional(),
    amount: decimal,
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
      .describe('ISO 4217.'),
  }),
} as const

/** A call detail or rated record: a CloudEvent on `cdr-events`. */
export const cdrEvent = z.discriminatedUnion('type', [
  z.looseObject({
    ...cloudEventContext,
    type: z.literal('cdr.recorded'),
    correlationid: id,
    data: cdrEventData['cdr.recorded'],
  }),
  z.looseObject({
    ...cloudEventContext,
    type: z.literal('cdr.rated'),
    correlationid: id,
    data: cdrEventData['cdr.rated'],
  }),
])
export type CdrEvent = z.infer<typeof cdrEvent>
