import { z } from 'zod'

/** An id as producers send it: never empty, never long, no control characters. */
export const id = z
  .string()
  .min(1)
  .max(200)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'must not hold control characters')

/** A short name (carrier, region, codec, queue ...), as the tenant writes it. */
export const name = z
  .string()
  .min(1)
  .max(100)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'must not hold control characters')

/** A non-negative counter that fits a double exactly (at most 2^53 - 1). */
export const counter = z.int().min(0)

/** Milliseconds, may have a fraction; bounded to a day, because nothing measured on a call lasts longer. */
export const milliseconds = z.number().min(0).max(86_400_000)

/** RFC 3339 date-time with offset or Z. */
export const timestamp = z.iso.datetime({ offset: true })

/** W3C Trace Context, version 00. */
export const traceparent = z
  .string()
  .regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'must be a W3C traceparent')

/**
 * Ids that every signal carries where the producer knows them. Each is also a link: two correlation ids that share
 * one (of the same kind, in one tenant) are one call. None is assumed equal to another.
 */
export const knownIds = {
  call_id: id.optional(),
  session_id: id.optional(),
  conf_session_id: id.optional(),
  leg_id: id
    .optional()
    .describe(
      'Signalling dialog of one party. Links only when it is at least 8 characters long: "a" or "1" name a leg within a call.',
    ),
  account_id: id.optional().describe('Pseudonym of the account, never a name, number or address.'),
  sip_call_id: id.optional().describe('SIP Call-ID of the dialog (RFC 3261).'),
  sip_session_id: id.optional().describe('RFC 7989 Session-ID, without the remote part.'),
  linked_correlation_id: id.optional().describe('Another correlation id that the producer knows to be the same call.'),
} as const

/** Who measured a stream. `remote` is the far end's report about what we sent (RTCP receiver reports, remote-inbound-rtp). */
export const observers = ['media_server', 'sbc', 'gateway', 'browser', 'phone', 'probe', 'remote'] as const
export const observer = z.enum(observers)
export type Observer = (typeof observers)[number]

/** Direction of media, seen from the party on the leg: `send` is what that party speaks, `receive` is what it hears. */
export const directions = ['send', 'receive'] as const
export const mediaKinds = ['audio', 'video'] as const

/** CloudEvents 1.0 context attributes (structured JSON), with our extensions. */
export const cloudEventContext = {
  specversion: z.literal('1.0'),
  id,
  source: id,
  time: timestamp,
  datacontenttype: z.literal('application/json').optional(),
  dataschema: z.string().max(500).optional(),
  subject: id.optional(),
  tenantid: name
    .optional()
    .describe("Named by the credential or the topic's configuration; a payload may repeat it, never differ."),
  traceparent: traceparent.optional(),
  tracestate: z.string().max(512).optional(),
} as const
