import { topicNames } from '#contracts/topics.ts'
import type { PipelineRoom } from './calls.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createLogsDecode } from './steps/logs-decode.ts'
import { createSpansDecode } from './steps/spans-decode.ts'

/** Log lines: decode -> deliver -> commit. Announces nothing: what matters to calls is evidence's to say. */
export const createLogsPipeline = (room: PipelineRoom): Pipeline =>
  createPipeline({ ...room, name: 'logs', topics: [topicNames.appLogs], decode: createLogsDecode(room) })

/** Trace spans: decode -> deliver -> commit. */
export const createTracesPipeline = (room: PipelineRoom): Pipeline =>
  createPipeline({ ...room, name: 'traces', topics: [topicNames.traceSpans], decode: createSpansDecode(room) })
