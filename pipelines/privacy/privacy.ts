import type { Privacy, Whose } from '#contracts/privacy.ts'
import { erasedMark } from '#contracts/privacy.ts'
import type { Attributes, LogLine, Span } from '#contracts/signals/otlp.ts'
import { cleanAttributes, type ValueRules } from './attributes.ts'
import { type ErasedSubjects, nobodyErased } from './erased.ts'
import { cleanFields } from './fields.ts'
import { createPartyRules } from './party-rules.ts'
import { type Replace, scrub } from './scrub.ts'
import { defaultSettings, type PrivacySettings } from './settings.ts'

export interface PrivacyParts {
  readonly settings?: PrivacySettings
  /** As of now: the list only grows, so that what was decoded before it did is put right by whoever made it grow. */
  readonly erased?: () => ErasedSubjects
}

/** What holds for one signal. */
export interface SignalRules extends ValueRules {
  /** True of a party that is to be forgotten. */
  readonly isErased: (text: string) => boolean
  /** Whether anybody was found who is. */
  readonly found: () => boolean
  /** Two signals of one name are treated alike; '' where that takes more to say. */
  readonly name: string
}

export function createPrivacy({ settings = defaultSettings, erased = () => nobodyErased }: PrivacyParts = {}): Privacy {
  const party = createPartyRules(settings)
  const rulesFor = (whose: Whose, subjects = erased()) => rulesOf({ whose, settings, subjects, party })
  const cleanResource = createResourceCleaner()

  return {
    data: (data, whose) => cleanFields(data, rulesFor(whose)),
    audit: (data, whose) => cleanFields(data, rulesFor(whose, nobodyErased)).data,
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

/** Erasures alone, for what is stored already under whichever policy held then. */
export const createForgetting = ({ settings = defaultSettings, erased = () => nobodyErased }: PrivacyParts): Privacy =>
  createPrivacy({
    erased,
    settings: {
      ...settings,
      policyAt: (tenant, atMs) => ({ ...settings.policyAt(tenant, atMs), parties: 'clear', freeText: 'clear' }),
    },
  })

interface RulesParts {
  readonly whose: Whose
  readonly settings: PrivacySettings
  readonly subjects: ErasedSubjects
  readonly party: (text: string, whose: Whose) => string
}

function rulesOf({ whose, settings, subjects, party }: RulesParts): SignalRules {
  const { tenant, atMs, correlationId } = whose
  const { freeText, parties, defaultRegion } = settings.policyAt(tenant, atMs)
  const dropSecrets = freeText === 'scrubbed'
  if (subjects.isEmpty(tenant)) {
    return {
      name: `${tenant}\u0000${freeText}\u0000${parties}\u0000${defaultRegion}\u0000${settings.keyAt(atMs)?.id}`,
      ...{ dropSecrets, isErased: nobody, found: nobody, text: dropSecrets ? scrubAll : asSent },
      party: (text) => party(text, whose),
    }
  }
  const wholeCall = correlationId !== undefined && subjects.call(tenant, correlationId)
  const isErased = (text: string) => wholeCall || subjects.party(tenant, text, defaultRegion)
  const clean = dropSecrets || wholeCall ? scrubAll : (text: string) => scrub(text, onlyErased(isErased))
  let found = false
  return {
    ...{ name: '', dropSecrets, isErased, found: () => found },
    text(value) {
      const after = clean(value)
      // Scrubbed for everybody, it says nothing of this one.
      if (after !== value && (wholeCall || !dropSecrets)) found = true
      return after
    },
    party(value) {
      if (!isErased(value)) return party(value, whose)
      found = true
      return erasedMark
    },
  }
}

const nobody = () => false
const asSent = (text: string) => text
const scrubAll = (text: string) => scrub(text)

/** Only what names an erased person is cut out. */
const onlyErased =
  (isErased: (text: string) => boolean): Replace =>
  (mark, found) =>
    mark !== 'ip' && mark !== 'token' && isErased(found) ? erasedMark : found

/** The lines and spans of a batch share their resource: it is cleaned once. */
function createResourceCleaner() {
  const known = new WeakMap<Attributes, { readonly name: string; readonly clean: Attributes }>()
  return function cleanResource(resource: Attributes, rules: SignalRules): Attributes {
    const found = known.get(resource)
    if (found !== undefined && rules.name !== '' && found.name === rules.name) return found.clean
    const clean = cleanAttributes(resource, rules)
    known.set(resource, { name: rules.name, clean })
    return clean
  }
}

/** What steps use that are given no other: the default policy, and nobody erased. */
export const defaultPrivacy: Privacy = createPrivacy()
