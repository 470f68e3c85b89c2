import { correlationAttributes, linkAttributes, tenantAttributes } from '#contracts/signals/otlp.ts'

/** What becomes of an attribute, told by its key. */
export type KeyKind = 'id' | 'secret' | 'party' | 'text'

/** Keys are written with dots, dashes and underscores by different producers. */
const plain = (key: string): string => key.toLowerCase().replace(/[.\-\s]/g, '_')

/** These join logs and spans to calls: changed, nothing would join. They are ids by contract, never names of persons. */
const ids: ReadonlySet<string> = new Set(
  [
    ...[...correlationAttributes, ...tenantAttributes, ...Object.values(linkAttributes).flat()],
    ...['trace_id', 'span_id', 'leg_id', 'sip_session_id', 'linked_correlation_id', 'service_name', 'service_version'],
    ...['service_namespace', 'service_instance_id'],
  ].map(plain),
)

/** Of the machine or container that speaks, which is no person. */
const ofMachines = /^(?:host|k8s|container|cloud|deployment|telemetry|os|faas)_/

const secrets =
  /(?:^|_)(?:authorization|(?:set_)?cookies?2?|passw(?:or)?d|passphrase|pwd|secret|token|api_?key|private_key|access_key|credentials?)$/

const parties: ReadonlySet<string> = new Set([
  ...[
    'caller',
    'callee',
    'caller_id',
    'callee_id',
    'caller_number',
    'callee_number',
    'calling_number',
    'called_number',
  ],
  ...[
    'calling_party',
    'called_party',
    'from_number',
    'to_number',
    'from_uri',
    'to_uri',
    'from_user',
    'to_user',
    'from_party',
    'to_party',
  ],
  ...[
    'phone',
    'phone_number',
    'telephone',
    'mobile',
    'msisdn',
    'imsi',
    'ani',
    'dnis',
    'cli',
    'clid',
    'caller_name',
    'callee_name',
  ],
  ...['display_name', 'p_asserted_identity', 'remote_party_id', 'contact_uri', 'subscriber', 'subscriber_number'],
  ...['user_name', 'user_full_name', 'user_email', 'user_phone', 'user_phone_number', 'username'],
  ...[
    'sip_from',
    'sip_to',
    'sip_contact',
    'sip_request_uri',
    'sip_p_asserted_identity',
    'sip_remote_party_id',
    'sip_referred_by',
  ],
  ...['sip_from_uri', 'sip_to_uri', 'sip_from_user', 'sip_to_user', 'sip_from_number', 'sip_to_number'],
])

/** Keys repeat from line to line; a producer that makes them up costs no memory. */
const maxKnown = 10_000
const known = new Map<string, KeyKind>()

export function keyKindOf(key: string): KeyKind {
  const found = known.get(key)
  if (found !== undefined) return found
  const kind = judge(plain(key))
  if (known.size >= maxKnown) known.clear()
  known.set(key, kind)
  return kind
}

function judge(key: string): KeyKind {
  if (ids.has(key) || ofMachines.test(key)) return 'id'
  if (secrets.test(key)) return 'secret'
  // `enduser.id`, `app.caller_number`: a prefix changes nothing.
  const own = [...parties].some((party) => key === party || (party.includes('_') && key.endsWith(`_${party}`)))
  return own || key.startsWith('enduser_') ? 'party' : 'text'
}
