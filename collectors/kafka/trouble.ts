/** What the adapter says of itself; a closed set, because it becomes metric labels and words on `/health/ready`. */
export type KafkaTrouble =
  | 'broker_unreachable'
  | 'topic_missing'
  | 'group_unavailable'
  | 'login_refused'
  | 'not_allowed'
  | 'member_silent'
  | 'records_trimmed'
  | 'producers_times'
  | 'record_too_large'
  | 'client_failed'

/** Told of trouble as it happens. `of` is a group or topic name, never a value. */
export interface KafkaObserver {
  trouble(what: KafkaTrouble, of: string): void
  /** kafkajs had something to say at warning or above; its words may quote what they like, so only the place is passed on. */
  client(part: string, severity: 'warning' | 'error'): void
}

/** kafkajs' errors, which carry a name and for brokers' answers a type. */
interface KafkaFailure {
  readonly name?: unknown
  readonly type?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly originalError?: unknown
}

const byType: Readonly<Record<string, KafkaTrouble>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'topic_missing',
  UNKNOWN_TOPIC_ID: 'topic_missing',
  INVALID_TOPIC_EXCEPTION: 'topic_missing',
  TOPIC_AUTHORIZATION_FAILED: 'not_allowed',
  GROUP_AUTHORIZATION_FAILED: 'not_allowed',
  CLUSTER_AUTHORIZATION_FAILED: 'not_allowed',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'not_allowed',
  SASL_AUTHENTICATION_FAILED: 'login_refused',
  UNSUPPORTED_SASL_MECHANISM: 'login_refused',
  OFFSET_OUT_OF_RANGE: 'records_trimmed',
  MESSAGE_TOO_LARGE: 'record_too_large',
  RECORD_LIST_TOO_LARGE: 'record_too_large',
  GROUP_COORDINATOR_NOT_AVAILABLE: 'group_unavailable',
  NOT_COORDINATOR_FOR_GROUP: 'group_unavailable',
  GROUP_LOAD_IN_PROGRESS: 'group_unavailable',
  REBALANCE_IN_PROGRESS: 'group_unavailable',
  UNKNOWN_MEMBER_ID: 'group_unavailable',
  ILLEGAL_GENERATION: 'group_unavailable',
  MEMBER_ID_REQUIRED: 'group_unavailable',
  LEADER_NOT_AVAILABLE: 'broker_unreachable',
  NOT_LEADER_FOR_PARTITION: 'broker_unreachable',
  BROKER_NOT_AVAILABLE: 'broker_unreachable',
  REPLICA_NOT_AVAILABLE: 'broker_unreachable',
  NETWORK_EXCEPTION: 'broker_unreachable',
  REQUEST_TIMED_OUT: 'broker_unreachable',
  NOT_ENOUGH_REPLICAS: 'broker_unreachable',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'broker_unreachable',
  FENCED_LEADER_EPOCH: 'broker_unreachable',
  UNKNOWN_LEADER_EPOCH: 'broker_unreachable',
  KAFKA_STORAGE_ERROR: 'broker_unreachable',
}

const byName: Readonly<Record<string, KafkaTrouble>> = {
  KafkaJSConnectionError: 'broker_unreachable',
  KafkaJSConnectionClosedError: 'broker_unreachable',
  KafkaJSRequestTimeoutError: 'broker_unreachable',
  KafkaJSBrokerNotFound: 'broker_unreachable',
  KafkaJSNoBrokerAvailableError: 'broker_unreachable',
  KafkaJSLockTimeout: 'broker_unreachable',
  KafkaJSTimeout: 'broker_unreachable',
  KafkaJSMetadataNotLoaded: 'broker_unreachable',
  KafkaJSTopicMetadataNotLoaded: 'broker_unreachable',
  KafkaJSStaleTopicMetadataAssignment: 'broker_unreachable',
  KafkaJSGroupCoordinatorNotFound: 'group_unavailable',
  KafkaJSMemberIdRequired: 'group_unavailable',
  KafkaJSSASLAuthenticationError: 'login_refused',
}

/** What kind of trouble an error of kafkajs is. It wraps causes in causes: the innermost that is known counts. */
export function troubleOf(error: unknown): KafkaTrouble {
  if (error instanceof KafkaError) return error.trouble
  let found: KafkaTrouble = 'client_failed'
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 6; depth += 1) {
    const { name, type, cause, originalError }: KafkaFailure = at
    const known = (typeof type === 'string' && byType[type]) || (typeof name === 'string' && byName[name])
    if (known) found = known === 'login_refused' && isCutOff(at) ? 'broker_unreachable' : known
    at = cause ?? originalError
  }
  return found
}

/** kafkajs calls it a refusal, too, when the connection ends before the broker has answered a login. */
const isCutOff = ({ message }: KafkaFailure): boolean => /: (Not connected|Closed connection)$/.test(String(message))

/** Trouble that others end: it is waited for without end. All else counts towards giving up. */
export const willPass = (trouble: KafkaTrouble): boolean => passing.has(trouble)

const passing: ReadonlySet<KafkaTrouble> = new Set([
  'broker_unreachable',
  'topic_missing',
  'group_unavailable',
  'member_silent',
  'records_trimmed',
] as const)

/** The group has gone on without this member, or is about to: what it has in hand is given out again. */
export function isStaleRefusal(error: unknown): boolean {
  const { type } = error as KafkaFailure
  return (
    type === 'ILLEGAL_GENERATION' ||
    type === 'UNKNOWN_MEMBER_ID' ||
    type === 'REBALANCE_IN_PROGRESS' ||
    type === 'FENCED_INSTANCE_ID'
  )
}

const words: Readonly<Record<KafkaTrouble, string>> = {
  broker_unreachable: 'no broker that it needs answers; check kafka.brokers and the network',
  topic_missing: 'a topic does not exist (run "callscope topics create")',
  group_unavailable: 'the group’s coordinator does not answer yet',
  login_refused: 'the brokers refuse the login; check kafka.sasl',
  not_allowed: 'the brokers do not allow it; check the ACLs of this user',
  member_silent: 'its heartbeats stopped; it joins anew',
  records_trimmed: 'records went before they were read: retention is too short for the lag',
  producers_times:
    'it keeps its producers’ times, which may be late, so that calls settle later or are revised; set message.timestamp.type=LogAppendTime',
  record_too_large: 'a record is larger than its topic takes (max.message.bytes)',
  client_failed: 'the Kafka client failed; it is started anew',
}

/** What to tell a person. */
export const explain = (trouble: KafkaTrouble): string => words[trouble]

/** An error that may be logged. kafkajs' own may quote messages and settings, and is no part of it. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly trouble: KafkaTrouble
  /** See `isUnavailable`. */
  readonly unavailable: boolean
  constructor(what: string, error: unknown) {
    const trouble = troubleOf(error)
    super(`${what}: ${explain(trouble)}.`)
    this.trouble = trouble
    this.unavailable = willPass(trouble)
  }
}
