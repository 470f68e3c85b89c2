import type { EpochMs } from '#contracts/call-record.ts'
import type { TopicName } from '#contracts/topics.ts'
import type { JsonObject } from './message.ts'
import type { ServiceName } from './world.ts'

interface Happening {
  /** When it happened, by the true clock. */
  readonly atMs: EpochMs
  /** Reaches the log so much later. */
  readonly lateMs?: number | undefined
}

/** A message of its own. */
export interface MessageEmission extends Happening {
  readonly kind: 'message'
  readonly topic: TopicName
  readonly key: string | null
  readonly value: JsonObject
}

/** A log record or a span: travels in an OTLP batch with those of other calls. */
export interface TelemetryEmission extends Happening {
  readonly kind: 'log' | 'span'
  readonly service: ServiceName
  readonly region: string
  readonly record: JsonObject
}

export type Emission = MessageEmission | TelemetryEmission

/** Something that tells of what happens, in order of time. */
export type Source = Iterator<Emission, unknown, undefined>
