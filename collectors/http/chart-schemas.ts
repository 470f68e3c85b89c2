import { z } from 'zod'
import { worstDimensions } from '#contracts/call-charts.ts'

const ms = z.int().describe('Epoch milliseconds.')
const count = z.int()
const completeUntilMs = ms.optional().describe('All that belongs to it is known to have arrived until then.')
const byClass = { good: count, degraded: count, poor: count, unclassified: count }

export const timelineOf = z.object({
  ...{ fromMs: ms, untilMs: ms, bucketMs: z.int(), completeUntilMs },
  buckets: z.array(z.object({ atMs: ms, ...byClass })),
})

const facet = z.array(z.object({ value: z.string(), calls: count }))
export const facetList = z.object({
  total: count,
  facets: z.object({
    ...{ tenant: facet, carrier: facet, route: facet, region: facet, codec: facet },
    ...{ class: facet, disposition: facet, finding: facet, fault: facet },
  }),
})

const worst = z.array(
  z.object({
    ...{ value: z.string(), calls: count, poor: count, unclassified: count },
    bad: count.describe('Degraded or poor.'),
  }),
)

const scale = z.object({
  name: z.string().describe('P.800.1 name, like MOS-CQEN: values of two scales are never added or compared.'),
  thresholdMos: z.number(),
  minutes: z.number(),
  belowMinutes: z.number().describe('Of minutes: those in intervals below the threshold.'),
  heatmap: z.object({
    ...{ bucketMs: z.int(), times: z.array(ms), binFrom: z.number(), binWidth: z.number() },
    minutes: z.array(z.array(z.number())).describe('By time, then by bin: minutes of talk.'),
  }),
})

export const nowFigures = z.object({
  ...{ nowMs: ms, fromMs: ms, untilMs: ms, completeUntilMs, activeCalls: count, startedCalls: count },
  classes: z.object(byClass).describe('Of the calls that started in the window.'),
  scales: z.array(scale),
  unscoredMinutes: z.number().describe('Measured talk without a MOS that is grounded.'),
  blind: z
    .array(z.object({ pipeline: z.string(), fromMs: ms, untilMs: ms }))
    .describe('When callscope itself was not looking, by pipeline. What was sent then may have been read since.'),
  worst: z.object(Object.fromEntries(worstDimensions.map((name) => [name, worst])) as WorstShape),
})
type WorstShape = Record<(typeof worstDimensions)[number], typeof worst>

const column = z.array(z.number().nullable())
const limits = z.object({ degraded: z.number(), poor: z.number() }).optional()

const sampledStream = z.object({
  key: z.string().describe("As in the record's streams."),
  observer: z.string(),
  source: z.string(),
  scope: z.enum(['interval', 'cumulative', 'call']),
  kind: z.enum(['audio', 'video']),
  label: z.string(),
  mosName: z.string().optional().describe('Scale of mos; what was scored on another one only is null there.'),
  band: z.enum(['N', 'W', 'F']).optional(),
  codecRows: z.array(z.object({ row: z.string(), grounded: z.boolean() })),
  ...{ endMs: z.array(ms), lengthMs: z.array(z.int()), mos: column, lossRatio: column },
  ...{ jitterMs: column, roundTripMs: column, concealedRatio: column },
  mask: z.array(z.int()).describe('Bits of contracts/interval-mask.ts.'),
})

export const callSamples = z.object({
  streams: z.array(sampledStream),
  truncated: z.boolean().describe('More than 200,000 intervals: the first are here.'),
  thresholds: z
    .object({
      ...{ loss: limits, jitterMs: limits, roundTripMs: limits, concealment: limits },
      mos: z.object({ N: limits, W: limits, F: limits }),
    })
    .describe('Ratios, milliseconds, MOS; what is absent was never judged.'),
})
