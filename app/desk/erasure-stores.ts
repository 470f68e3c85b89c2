import type { ErasingLogs, ErasureStep, LineScope, NamedLine } from '#contracts/privacy.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import type { Rewritten } from '../archive/rewrite-archive.ts'

/** What of an install an erasure has to reach beside its warehouse. */
export interface ErasureStores {
  /** Where log lines are kept, if not in the warehouse. */
  readonly logs?: ErasingLogs | undefined
  /** How long spans are kept, if not in the warehouse, milliseconds. */
  readonly tracesRetentionMs?: number | undefined
  /** Takes the messages out of letters; returns how many. */
  readonly forgetLetters: () => Promise<number>
  /** When letters go by themselves, and the superseded ones of Kafka; undefined: none is left. */
  readonly lettersRetentionMs: () => Promise<number | undefined>
  /** Undefined where nothing is archived. */
  readonly rewriteArchive?: ((tenant: string) => Promise<Rewritten>) | undefined
  /** Objects of a tenant that were not looked through for the erasure of this sequence; at most a thousand are counted. */
  readonly archiveBehind: (tenant: string, sequence: number) => Promise<number>
  /** Longest retention of the topics that hold messages as sent; undefined: it could not be found out. */
  readonly logRetentionMs: () => Promise<number | undefined>
  readonly clock: () => number
}

export interface ForgottenLines {
  readonly step: ErasureStep
  /** Hashes of lines that are gone, of which evidence may have been made. */
  readonly hashes: readonly string[]
}

/** Lines that name somebody, kept elsewhere. Undefined where they are kept in the warehouse. */
export async function forgetLines(
  { logs, clock }: Pick<ErasureStores, 'logs' | 'clock'>,
  scope: LineScope,
  isNamed: (line: LogLine) => boolean,
): Promise<ForgottenLines | undefined> {
  if (logs === undefined) return undefined
  const found = await logs.find(scope, isNamed)
  if (found.state === 'unavailable')
    return {
      hashes: [],
      step: linesLeft(0, `lines could not be looked for (${found.why}): tell it again`, 'unfinished'),
    }
  const hashes = found.lines.map(({ hash }) => hash)
  return { hashes, step: await askedFor(found.lines) }

  async function askedFor(lines: readonly NamedLine[]): Promise<ErasureStep> {
    const count = lines.length
    if (count === 0) return { store: 'logs', state: 'done', count, detail: 'no line named them' }
    const answer = await (logs as ErasingLogs).remove(scope.tenant, lines)
    if (answer === 'asked') {
      const goneByMs = clock() + (logs as ErasingLogs).deletedWithinMs
      const detail = 'deletion asked for: shown no more within minutes, then deleted from disk'
      return { store: 'logs', state: 'expires', count, goneByMs, detail }
    }
    return answer === 'refused'
      ? linesLeft(count, 'the store deletes nothing: give it a compactor with retention and a delete_request_store')
      : linesLeft(count, 'the store did not take the request: tell it again', 'unfinished')
  }

  function linesLeft(count: number, detail: string, state: ErasureStep['state'] = 'expires'): ErasureStep {
    return { store: 'logs', state, count, goneByMs: clock() + (logs as ErasingLogs).retentionMs, detail }
  }
}

/** Everything but warehouse and lines. A store that fails is told as unfinished, and the others go on. */
export async function forgetElsewhere(stores: ErasureStores, tenant: string): Promise<readonly ErasureStep[]> {
  return [
    ...tracesStep(stores),
    await attempted('dead_letters', () => lettersStep(stores)),
    ...(stores.rewriteArchive === undefined
      ? []
      : [
          await attempted('archive', async () =>
            archiveStep(await (stores.rewriteArchive?.(tenant) as Promise<Rewritten>)),
          ),
        ]),
    await attempted('log', () => logStep(stores)),
  ]
}

function tracesStep({ tracesRetentionMs, clock }: ErasureStores): readonly ErasureStep[] {
  if (tracesRetentionMs === undefined) return []
  const detail = 'spans cannot be deleted over HTTP; Tempo 3: tempo-cli redact'
  return [{ store: 'traces', state: 'expires', count: 0, goneByMs: clock() + tracesRetentionMs, detail }]
}

async function lettersStep({ forgetLetters, lettersRetentionMs, clock }: ErasureStores): Promise<ErasureStep> {
  const count = await forgetLetters()
  const leftMs = count === 0 ? undefined : await lettersRetentionMs()
  if (leftMs === undefined)
    return { store: 'dead_letters', state: 'done', count, detail: 'messages taken out, reasons kept' }
  const detail = 'shown to nobody; superseded in the topic, which is compacted daily'
  return { store: 'dead_letters', state: 'expires', count, goneByMs: clock() + leftMs, detail }
}

function archiveStep({ looked, rewritten, messages, left, leftUntilMs }: Rewritten): ErasureStep {
  const objects = `${rewritten} of ${looked} objects written anew`
  const reasons = Object.entries(left).map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`)
  if (reasons.length === 0) return { store: 'archive', state: 'done', count: messages, detail: objects }
  const detail = `${objects}; not read: ${reasons.join(', ')}. Mend or restore them, then tell it again`
  return { store: 'archive', state: 'unfinished', count: messages, goneByMs: leftUntilMs, detail }
}

async function logStep({ logRetentionMs, clock }: ErasureStores): Promise<ErasureStep> {
  const leftMs = await logRetentionMs()
  const detail = 'messages as sent, until their topics forget them'
  if (leftMs !== undefined) return { store: 'log', state: 'expires', count: 0, goneByMs: clock() + leftMs, detail }
  return { store: 'log', state: 'unfinished', count: 0, detail: `${detail}: set retention.ms, which could not be read` }
}

/** An erasure's steps as they are now: a worker may have archived something that it had read before it heard of the erasure. */
export async function stepsNow(
  { archiveBehind }: Pick<ErasureStores, 'archiveBehind'>,
  { tenant, sequence }: { readonly tenant: string; readonly sequence: number },
  steps: readonly ErasureStep[],
): Promise<readonly ErasureStep[]> {
  const step = steps.find(({ store, state }) => store === 'archive' && state === 'done')
  const behind = step === undefined ? 0 : await archiveBehind(tenant, sequence)
  if (behind === 0) return steps
  const detail = `${behind} objects were not looked through: tell it again`
  return steps.map((one) => (one === step ? { ...one, state: 'unfinished', detail } : one))
}

async function attempted(store: ErasureStep['store'], work: () => Promise<ErasureStep>): Promise<ErasureStep> {
  try {
    return await work()
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    return { store, state: 'unfinished', count: 0, detail: `failed (${why}): tell it again` }
  }
}
