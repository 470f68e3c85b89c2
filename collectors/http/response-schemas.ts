import { z } from 'zod'
import { erasedStores } from '#contracts/privacy.ts'
import type { CallListItem, CallPage } from '#contracts/warehouse.ts'

const ms = z.int().describe('Epoch milliseconds.')
const text = z.string().optional()

const callListItem = z.object({
  tenant: z.string(),
  id: z.string().describe("The smallest of the call's correlation ids."),
  startedMs: ms,
  answeredMs: ms.optional(),
  endedMs: ms.optional(),
  state: z.enum(['open', 'settling', 'settled']),
  class: z.enum(['good', 'degraded', 'poor', 'unclassified']),
  unclassified: text,
  disposition: z.string(),
  conference: z.boolean(),
  ...{ direction: text, from: text, to: text },
  ...{ carrier: text, gateway: text, route: text, region: text, codec: text },
  talkMs: z.int().optional(),
  worstMos: z.number().optional(),
  worstMosName: text,
  reasons: z.array(z.string()),
  findings: z.array(z.string()),
  fault: text,
  faultConfidence: z.number().optional().describe('0..1'),
  version: z.int().describe('Rises with every recompute of the record.'),
})

export const callPage = z.object({
  calls: z.array(callListItem),
  nextCursor: z.string().optional().describe('Absent on the last page.'),
  completeUntilMs: ms.optional().describe('All that belongs to the list is known to have arrived until then.'),
})

// Compile errors here mean that the contract moved and this document did not.
const itemMatches = (item: CallListItem): z.input<typeof callListItem> =>
  ({ ...item, reasons: [...item.reasons], findings: [...item.findings] }) as z.input<typeof callListItem>
export const pageMatches = (page: CallPage): z.input<typeof callPage> =>
  ({ ...page, calls: page.calls.map(itemMatches) }) as z.input<typeof callPage>

export const liveCalls = z.object({
  calls: z.array(callListItem).describe('New or changed, and matching.'),
  gone: z
    .array(z.object({ tenant: z.string(), id: z.string() }))
    .describe('Changed, and no longer matching (or deleted).'),
  completeUntilMs: ms.optional(),
})

export const run = z.object({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  startedMs: ms,
  finishedMs: ms.optional(),
  subject: z.string(),
  counts: z.record(z.string(), z.number()),
  error: text,
})

export const deadLetter = z.object({
  id: z.string(),
  identity: z.string().describe('topic/partition/offset/pipeline of the message.'),
  atMs: ms,
  reason: z.string(),
  detail: z.string(),
  pipeline: z.string(),
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  tenant: text,
  refused: z.int().describe('Parts of the message that were refused.'),
  refusals: z
    .array(z.object({ index: z.int(), reason: z.string(), detail: z.string() }))
    .describe('The first of them.'),
  whole: z
    .boolean()
    .describe('False: the end of the body or some headers were too large to keep; it cannot be replayed.'),
  erased: z.boolean().describe('The message named somebody who was erased, and is not kept.'),
})

export const shownLetter = deadLetter.extend({ body: z.string() })

export const jobReport = z.object({
  run: z.string(),
  counts: z.record(z.string(), z.number()),
  refused: z.array(z.object({ reason: z.string(), count: z.int(), example: z.string() })),
  notes: z.array(z.string()),
  calls: z
    .array(z.object({ tenant: z.string(), id: z.string() }))
    .optional()
    .describe('Of an import: correlation ids of the first calls in it. Their records follow within seconds.'),
})

const keysOf = z.object({ objects: z.int(), keys: z.array(z.string()).describe('Of the first.') })

export const archivePlan = z.object({
  objects: z.int(),
  rows: z.int().describe('Of whole objects: a replay may send a part of them.'),
  bytes: z.int(),
  frozen: keysOf.extend({ restoring: z.int() }).describe('Must be restored before they can be read.'),
  missing: keysOf.describe('Not there, although their retention has not passed.'),
  expired: z.int().describe('Not there, and their retention has passed.'),
})

export const archiveVerified = z.object({
  objects: z.int(),
  bytes: z.int(),
  expired: z.int(),
  refused: jobReport.shape.refused,
})

export const archiveSummary = z.object({
  tenant: z.string(),
  day: z.string(),
  topic: z.string(),
  objects: z.int(),
  rows: z.int(),
  bytes: z.int(),
  retentionUntilMs: z.int(),
})

export const sqlResult = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.unknown())),
  truncated: z.boolean().describe('True: there were more rows than sql.rowsMax.'),
})

export const keyEntry = z.object({
  id: z.string().describe('Names the key; opens nothing.'),
  ...{ tenant: z.string(), role: z.string(), label: z.string(), createdMs: ms },
  expiresMs: ms.optional().describe('Epoch milliseconds. Absent: it has no end.'),
  lastUsedMs: ms.optional().describe('Epoch milliseconds, up to a minute late. Absent: never.'),
  revokedMs: ms.optional(),
  state: z.enum(['active', 'expired', 'revoked']),
})
export const madeKey = z.object({ id: z.string(), key: z.string().describe('In clear.'), expiresMs: ms.optional() })
export const revokedKey = z.object({ id: z.string(), revokedMs: ms })

export const profileList = z.object({
  profiles: z.array(
    z.object({
      version: z.string(),
      validFromMs: ms,
      current: z.boolean().describe('Calls that start now are judged by it.'),
    }),
  ),
  ready: z.array(z.object({ version: z.string(), vendor: z.string(), source: z.string() })),
})

export const profileSet = z.object({
  version: z.string(),
  validFromMs: ms,
  calls: z.int().describe('Announced, to be judged anew.'),
})

const linkedCall = z.object({
  id: z.string(),
  members: z.array(z.string()),
  links: z.record(z.string(), z.array(z.string())).describe('Values that may join other ids, by kind.'),
})

export const linksOfCall = z.object({
  calls: z.array(linkedCall),
  cuts: z.array(
    z.object({
      tenant: z.string(),
      a: z.string(),
      b: z.string(),
      action: z.enum(['cut', 'join']),
      sequence: z.int().describe('The greatest of a pair decides.'),
    }),
  ),
})

export const linkDecided = z.object({
  sequence: z.int(),
  wereOne: z.boolean().describe('Whether the two ids were one call before.'),
  announced: z.int().describe('Ids that are computed anew.'),
  calls: z.array(linkedCall).describe('What the two ids name now: one call, or two.'),
})

const erasureStep = z.object({
  store: z.enum(erasedStores),
  state: z
    .enum(['done', 'expires', 'unfinished'])
    .describe('expires: what is left goes by itself at goneByMs. unfinished: something is to be done, see detail.'),
  count: z.int().describe('Rows, lines, letters or messages that were changed or deleted.'),
  goneByMs: ms.optional(),
  detail: z.string(),
})

export const erasureEntry = z.object({
  sequence: z.int(),
  kind: z.enum(['party', 'call']),
  subjects: z.array(z.string()).describe('Hashes of a person, or a correlation id.'),
  madeBy: z.string(),
  madeMs: z.number(),
  stores: z.array(erasureStep).describe('What became of it in each store when it was last told.'),
})

export const erasureReport = z.object({
  sequence: z.int(),
  calls: z.int().describe('Correlation ids whose records are computed anew.'),
  rows: z.record(z.string(), z.int()).describe('Rows written again or deleted, by table.'),
  purged: z.boolean().describe('False: older versions of some records still lie in the store; tell it again.'),
  stores: z.array(erasureStep).describe('What became of it in each store, and by when the rest is gone.'),
})
