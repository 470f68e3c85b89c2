import { z } from 'zod'
import { activityEvent } from './activity-events.ts'
import { auditEvent } from './audit-events.ts'
import { callEvent } from './call-events.ts'
import { cdrEvent } from './cdr-events.ts'
import { qualitySample } from './quality-sample.ts'

/** Every domain signal: where it travels, and its schema. One literal list; the published JSON Schemas come from it. */
export const signals = {
  'call-event': { topics: ['call-events', 'conf-events'], schema: callEvent },
  'quality-sample': { topics: ['quality-samples'], schema: qualitySample },
  'cdr-event': { topics: ['cdr-events'], schema: cdrEvent },
  'activity-event': { topics: ['chat-events', 'presence-events'], schema: activityEvent },
  'audit-event': { topics: ['audit-events'], schema: auditEvent },
} as const

export type SignalName = keyof typeof signals

/** The published JSON Schema (draft 2020-12) of a signal, as producers are to send it. */
export const jsonSchemaOf = (signal: SignalName): Record<string, unknown> => ({
  title: signal,
  ...z.toJSONSchema(signals[signal].schema, { io: 'input' }),
})

/** The topic that a CloudEvent of this type belongs on, or undefined for a type we do not know. */
export function topicOfType(type: string): string | undefined {
  if (type === 'quality.sample') return 'quality-samples'
  const [family] = type.split('.', 1)
  return family === undefined ? undefined : topicOfFamily.get(family)
}

const topicOfFamily: ReadonlyMap<string, string> = new Map([
  ['call', 'call-events'],
  ['conference', 'conf-events'],
  ['cdr', 'cdr-events'],
  ['chat', 'chat-events'],
  ['presence', 'presence-events'],
  ['audit', 'audit-events'],
])
