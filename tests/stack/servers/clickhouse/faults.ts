import { z } from 'zod'

const answer = z.strictObject({ status: z.int(), code: z.int().optional(), body: z.string() })
const memory = {
  status: 500,
  code: 241,
  body: 'Code: 241. DB::Exception: memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)',
}

/** How the front misbehaves. All off unless told; told anew, what is left out is off again. */
export const faultsSchema = z.strictObject({
  /** Every request waits this long before it is carried out, in milliseconds. */
  slowMs: z.int().min(0).default(0),
  /**
   * Every n-th insert into each table fails: 3 is the third, the sixth … 0: none. Counted by table: of work that takes
   * several inserts and begins anew when one fails, nothing would ever be done if every third of all failed.
   */
  failInsert: z.int().min(0).default(0),
  /** before: nothing is stored. after: the rows are stored, and the sender does not learn it. */
  failWhen: z.enum(['before', 'after']).default('before'),
  /** error: `failWith` is answered. cut: the connection is reset. */
  failHow: z.enum(['error', 'cut']).default('error'),
  failWith: answer.default(memory),
  /** Inserts counted, by a part of their text; without it all. */
  failOnly: z.string().optional(),
  /** Every n-th request of any kind is cut before it is carried out. 0: none. */
  cut: z.int().min(0).default(0),
  /** Every request is answered with this and not carried out, as a proxy does whose server is gone. */
  proxy: answer.optional(),
  /** Nobody listens. */
  refuse: z.boolean().default(false),
})
export type Faults = z.infer<typeof faultsSchema>
export type FaultsGiven = z.input<typeof faultsSchema>

export type Misfortune =
  | { readonly type: 'none' }
  | { readonly type: 'cut' }
  | { readonly type: 'answer'; readonly answer: z.infer<typeof answer> }

const none: Misfortune = { type: 'none' }

/** Decides what befalls each request, and counts. */
export function createFaults(given: FaultsGiven) {
  let faults = faultsSchema.parse(given)
  const inserts = new Map<string, number>()
  const counts = { requests: 0, inserts: 0, failed: 0, cut: 0 }

  const insertFails = (query: string): boolean => {
    if (faults.failOnly !== undefined && !query.includes(faults.failOnly)) return false
    counts.inserts += 1
    const table = /INSERT INTO (?:TABLE )?(\S+)/i.exec(query)?.[1] ?? ''
    const ofTable = (inserts.get(table) ?? 0) + 1
    inserts.set(table, ofTable)
    return faults.failInsert > 0 && ofTable % faults.failInsert === 0
  }

  const failure = (): Misfortune => {
    counts.failed += 1
    return faults.failHow === 'cut' ? { type: 'cut' } : { type: 'answer', answer: faults.failWith }
  }

  return {
    counts: (): Readonly<typeof counts> => counts,
    now: (): Faults => faults,
    set(next: FaultsGiven): void {
      faults = faultsSchema.parse(next)
      inserts.clear()
      Object.assign(counts, { requests: 0, inserts: 0, failed: 0, cut: 0 })
    },
    /** What happens to a statement instead of being carried out, and, when it has been, instead of its answer. */
    of(query: string): { readonly before: Misfortune; readonly after: Misfortune } {
      counts.requests += 1
      if (faults.proxy !== undefined) return { before: { type: 'answer', answer: faults.proxy }, after: none }
      if (faults.cut > 0 && counts.requests % faults.cut === 0) {
        counts.cut += 1
        return { before: { type: 'cut' }, after: none }
      }
      if (!/^\s*INSERT\b/i.test(query) || !insertFails(query)) return { before: none, after: none }
      return faults.failWhen === 'before' ? { before: failure(), after: none } : { before: none, after: failure() }
    },
  }
}
export type FaultPlan = ReturnType<typeof createFaults>
