import { z } from 'zod'
import { cloudEventContext, counter, id, knownIds, name, timestamp } from './common.ts'
import { inOrder } from './time-order.ts'

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

/** A call starts, is answered and ends in this order, whoever writes it down. */
const callInOrder = inOrder([
  ['started_at', 'answered_at'],
  ['started_at', 'ended_at'],
  ['answered_at', 'ended_at'],
])

export const cdrEventData = {
  'cdr.recorded': z.strictObject(callDetail).check(callInOrder),
  'cdr.rated': z
    .strictObject({
      ...callDetail,
      billed_seconds: counter,
      plan: name.optional(),
      amount: decimal,
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
        .describe('ISO 4217.'),
    })
    .check(callInOrder),
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
