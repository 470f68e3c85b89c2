import { topicNames } from '#contracts/topics.ts'
import type { Batch } from './batch.ts'
import type { PipelineRoom } from './calls.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createLogsDecode } from './steps/logs-decode.ts'
import { createSpansDecode } from './steps/spans-decode.ts'

/** Log lines: decode -> deliver -> commit. Announces nothing: what matters to calls is evidence's to say. */
export const createLogsPipeline = (room: PipelineRoom): Pipeline =>
  createPipeline({ ...room, name: 'logs', topics: [topicNames.appLogs], decode: createLogsDecode(room) })

/** Trace spans: decode -> deliver -> count -> commit. `count` is told of what services answered, once it is stored. */
export const createTracesPipeline = (room: PipelineRoom & { readonly count: (batch: Batch) => void }): Pipeline =>
  createPipeline({
    ...room,
    name: 'traces',
    topics: [topicNames.traceSpans],
    decode: createSpansDecode(room),
    acknowledged: async (batch) => room.count(batch),
  })
