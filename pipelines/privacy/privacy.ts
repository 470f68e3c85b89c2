import { erasedMark, type Privacy, type Whose } from '#contracts/privacy.ts'
import type { Attributes, LogLine, Span } from '#contracts/signals/otlp.ts'
import { cleanAttributes, type ValueRules } from './attributes.ts'
import { type ErasedSubjects, nobodyErased } from './erased.ts'
import { createPartyRules } from './party-rules.ts'
import { type Replace, scrub } from './scrub.ts'
import { defaultSettings, type PrivacySettings } from './settings.ts'

export interface PrivacyParts {
  readonly settings?: PrivacySettings
  /** As of now: the list only grows, so that what was decoded before it did is put right by whoever made it grow. */
  readonly erased?: () => ErasedSubjects
}

/** Fields of events that name a party of the call. */
const partyFields = ['from', 'to'] as const
/** Ids of persons: opaque by contract, and treated as parties where a producer sends a number, URI or address all the same. */
const personFields = ['account_id', 'operator_id', 'user_id', 'target_id', 'actor_id'] as const
/** What producers may write anything into. */
const textFields = ['error', 'reason', 'disposition'] as const

const looksLikePerson = /^(?:\+|sips?:|tel:)|@/i

type Fields = Record<string, unknown>

export function createPrivacy({ settings = defaultSettings, erased = () => nobodyErased }: PrivacyParts = {}): Privacy {
  const parties = createPartyRules(settings)
  const resources = new WeakMap<Attributes, { readonly rules: string; readonly clean: Attributes }>()

  /** Undefined: nothing of this tenant's is erased. */
  function forgetting({ tenant, atMs, correlationId }: Whose) {
    const subjects = erased()
    if (subjects.isEmpty(tenant)) return undefined
    const { defaultRegion } = settings.policyAt(tenant, atMs)
    const wholeCall = correlationId !== undefined && subjects.call(tenant, correlationId)
    return { wholeCall, isErased: (text: string) => wholeCall || subjects.party(tenant, text, defaultRegion) }
  }
  type Forgetting = ReturnType<typeof forgetting>

  function textRule({ tenant, atMs }: Whose, forget: Forgetting): (text: string) => string {
    const { freeText } = settings.policyAt(tenant, atMs)
    if (freeText === 'scrubbed' || forget?.wholeCall === true) return (text) => scrub(text)
    if (forget === undefined) return (text) => text
    return (text) => scrub(text, onlyErased(forget.isErased))
  }

  function fieldsOf<Data extends object>(data: Data, whose: Whose, { erasures = true } = {}) {
    const forget = erasures ? forgetting(whose) : undefined
    const text = textRule(whose, forget)
    let changed: Fields | undefined
    let isErased = false
    const put = (field: string, value: string) => {
      changed ??= { ...(data as Fields) }
      changed[field] = value
    }
    for (const field of [...partyFields, ...personFields]) {
      const value = (data as Fields)[field]
      if (typeof value !== 'string') continue
      if (value !== erasedMark && forget?.isErased(value) === true) {
        put(field, erasedMark)
        isErased = true
      } else if (field === 'from' || field === 'to' || looksLikePerson.test(value)) {
        const after = parties(value, whose)
        if (after !== value) put(field, after)
      }
      isErased ||= value === erasedMark
    }
    for (const field of textFields) {
      const value = (data as Fields)[field]
      const after = typeof value === 'string' ? text(value) : value
      if (after !== value) put(field, after as string)
    }
    return { data: (changed ?? data) as Data, erased: isErased }
  }

  function rulesFor(whose: Whose): ValueRules & { readonly name: string; readonly found: () => boolean } {
    const forget = forgetting(whose)
    const { freeText } = settings.policyAt(whose.tenant, whose.atMs)
    const text = textRule(whose, forget)
    let found = false
    return {
      // What a resource's clean form depends on, where nothing of the tenant's is erased.
      name:
        forget === undefined
          ? `${whose.tenant}\u0000${freeText}\u0000${settings.policyAt(whose.tenant, whose.atMs).parties}\u0000${settings.keyAt(whose.atMs)?.id}`
          : '',
      dropSecrets: freeText === 'scrubbed',
      found: () => found,
      text(value) {
        const after = text(value)
        // Scrubbed for everybody, it says nothing of this one.
        if (after !== value && (forget?.wholeCall === true || freeText === 'clear')) found = true
        return after
      },
      party(value) {
        if (forget?.isErased(value) === true) {
          found = true
          return erasedMark
        }
        return parties(value, whose)
      },
    }
  }

  function cleanResource(resource: Attributes, rules: ReturnType<typeof rulesFor>): Attributes {
    const known = resources.get(resource)
    if (known !== undefined && rules.name !== '' && known.rules === rules.name) return known.clean
    const clean = cleanAttributes(resource, rules)
    resources.set(resource, { rules: rules.name, clean })
    return clean
  }

  return {
    data: (data, whose) => fieldsOf(data, whose),
    audit: (data, whose) => fieldsOf(data, whose, { erasures: false }).data,
    line(line, whose): LogLine {
      const rules = rulesFor(whose)
      const body = rules.text(line.body)
      const attributes = cleanAttributes(line.attributes, rules)
      const resource = cleanResource(line.resource, rules)
      if (body === line.body && attributes === line.attributes && resource === line.resource) return line
      return { ...line, body, attributes, resource }
    },
    span(span, whose) {
      const rules = rulesFor(whose)
      const clean: Span = {
        ...span,
        name: rules.text(span.name),
        statusMessage: rules.text(span.statusMessage),
        traceState: rules.text(span.traceState),
        attributes: cleanAttributes(span.attributes, rules),
        resource: cleanResource(span.resource, rules),
        events: span.events.map((event) => ({
          ...event,
          name: rules.text(event.name),
          attributes: cleanAttributes(event.attributes, rules),
        })),
      }
      return { span: clean, erased: rules.found() }
    },
  }
}

/** Only what names an erased person is cut out. */
const onlyErased =
  (isErased: (text: string) => boolean): Replace =>
  (mark, found) =>
    mark !== 'ip' && mark !== 'token' && isErased(found) ? erasedMark : found

/** Erasures alone, for what is stored already under whichever policy held then. */
export const createForgetting = ({ settings = defaultSettings, erased = () => nobodyErased }: PrivacyParts): Privacy =>
  createPrivacy({
    erased,
    settings: {
      ...settings,
      policyAt: (tenant, atMs) => ({ ...settings.policyAt(tenant, atMs), parties: 'clear', freeText: 'clear' }),
    },
  })

/** What steps use that are given no other: the default policy, and nobody erased. */
export const defaultPrivacy: Privacy = createPrivacy()
