import { z } from 'zod'
import type { CallClass } from '#contracts/call-record.ts'
import type { CallFilter, TenantScope } from '#contracts/warehouse.ts'
import { type Principal, scopeOf } from './credentials.ts'
import { pointInTime } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'

const short = z.string().min(1).max(200)

const className = '(good|degraded|poor|unclassified)'
const classes = z
  .string()
  .regex(new RegExp(`^${className}(,${className}){0,3}$`), 'must be good, degraded, poor or unclassified, with commas')
  .transform((text) => text.split(',') as CallClass[])
  .describe('Classes with commas between: poor,degraded.')

/** Parameters that say which calls: those of the list, and of everything that is drawn beside it. */
export const filterShape = ({ clock }: Pick<HttpParts, 'clock'>) => ({
  tenant: short.optional().describe('Where the credential is for all tenants: one of them.'),
  since: pointInTime(clock).optional().describe('Started at or after: a date-time, or how long ago (90m, 24h, 7d).'),
  until: pointInTime(clock).optional().describe('Started before.'),
  class: classes.optional(),
  state: z.enum(['open', 'settling', 'settled']).optional(),
  disposition: z.enum(['answered', 'not_answered', 'unknown']).optional(),
  carrier: short.optional(),
  route: short.optional(),
  gateway: short.optional(),
  region: short.optional(),
  codec: short.optional(),
  finding: short.optional().describe('Type of a finding, like one_way_audio.'),
  fault: short.optional().describe('Whose side, like carrier or callee_access.'),
  id: short.optional().describe('A correlation id of the call.'),
  q: z
    .string()
    .trim()
    .min(3)
    .max(200)
    .optional()
    .describe(
      'A correlation id or any id linked to one (SIP Call-ID, session id, trace id), exactly; where there is no such id, part of the number or address of a party.',
    ),
})

type Filtering = z.infer<z.ZodObject<ReturnType<typeof filterShape>>>

/** The filter of a query, for whoever asks. */
export function filterOf<Asked extends Filtering>(principal: Principal, { since, until, tenant, ...rest }: Asked) {
  return given({ ...rest, tenant: tenantFor(principal, tenant), sinceMs: since, untilMs: until })
}

type Given<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> }

/** Without what was not said: no key stands for nothing. */
const given = <Value extends object>(value: Value): Given<Value> & CallFilter =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Given<Value> & CallFilter

/** Readers see their own tenant, whatever they ask for; an administrator may name any, or none for all. */
export function tenantFor(principal: Principal, asked: string | undefined): TenantScope {
  const own = scopeOf(principal)
  if (asked === undefined || own === undefined) return asked ?? own
  if (typeof own === 'string' ? asked === own : own.includes(asked)) return asked
  throw new Problem(
    403,
    `tenant: differs from the credential's${principal.holdsToken === true ? '' : ' (without a credential, only what the settings leave open can be read)'}`,
  )
}
