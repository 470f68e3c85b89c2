import type { Attributes, AttributeValue } from '#contracts/signals/otlp.ts'
import { keyKindOf } from './attribute-keys.ts'

/** What is done to the values; either gives back what it was given where there is nothing to do. */
export interface ValueRules {
  readonly party: (text: string) => string
  readonly text: (text: string) => string
  /** Attributes that hold secrets are left out. */
  readonly dropSecrets: boolean
}

/** Attributes by the rules, at every depth. The same object where nothing changed. Deeper than decode allows, nothing is looked at. */
export function cleanAttributes(attributes: Attributes, rules: ValueRules): Attributes {
  let changed = false
  // Without a prototype, so that `__proto__` is a key like any other.
  const clean: Record<string, AttributeValue> = Object.create(null)
  for (const [key, value] of Object.entries(attributes)) {
    const kind = keyKindOf(key)
    if (kind === 'secret' && rules.dropSecrets) {
      changed = true
      continue
    }
    const after = kind === 'id' ? value : kind === 'party' ? partyValue(value, rules) : textValue(value, rules)
    if (after !== value) changed = true
    clean[key] = after
  }
  return changed ? clean : attributes
}

function partyValue(value: AttributeValue, rules: ValueRules): AttributeValue {
  // A number may come as one.
  if (typeof value === 'number') {
    const after = rules.party(String(value))
    return after === String(value) ? value : after
  }
  if (typeof value === 'string') return rules.party(value)
  return nested(value, rules, partyValue)
}

const textValue = (value: AttributeValue, rules: ValueRules): AttributeValue =>
  typeof value === 'string' ? rules.text(value) : nested(value, rules, textValue)

function nested(value: AttributeValue, rules: ValueRules, of: typeof partyValue): AttributeValue {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) return cleanAttributes(value as Attributes, rules)
  const list = value as readonly AttributeValue[]
  const after = list.map((item) => of(item, rules))
  return after.every((item, at) => item === list[at]) ? value : after
}
