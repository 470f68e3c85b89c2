import type { Registry } from '#contracts/registry.ts'

export interface UnreadTopicsParts extends Pick<Registry, 'watermarks' | 'watermarkReaders'> {
  /** Topics of the pipelines of this process that write watermarks. */
  readonly topics: readonly string[]
  /** A topic that nobody has spoken for so long is read by nobody. */
  readonly afterMs: number
}

/**
 * Lets go of watermarks of topics whose pipeline nobody runs any more: they would hold every call open for ever. A pipeline
 * that is down for a while, or stuck, is waited for; one of which no worker has said for `afterMs` that it runs it is not.
 * Should it come back all the same, what it brings late is folded into records that had settled, which are revised: nothing
 * is lost by letting go too early, and everything waits by never doing so. Only what two looks have found is let go, so that
 * workers which come back after a long stop, or find a registry restored from an old copy, speak first.
 */
export function createUnreadTopics({ watermarks, watermarkReaders, topics, afterMs }: UnreadTopicsParts) {
  let silentBefore: ReadonlySet<string> = new Set()
  let marksBefore: ReadonlyMap<string, number> | undefined

  /** Topics of which a watermark has moved since the look before: somebody writes it, of whichever version he is. */
  async function moving(): Promise<readonly string[]> {
    const before = marksBefore
    const entries = (await watermarks.read()).filter(({ tenant }) => tenant === '*')
    marksBefore = new Map(entries.map(({ source, watermarkMs }) => [source, watermarkMs]))
    if (before === undefined) return []
    return entries
      .filter(({ source, watermarkMs }) => before.has(source) && before.get(source) !== watermarkMs)
      .map(({ source }) => topicOf(source))
  }

  /** Returns the topics let go, with how long nobody had spoken for them. */
  return async function letGo(): Promise<readonly { readonly topic: string; readonly silentMs: number }[]> {
    await watermarkReaders.beat([...topics, ...(await moving())])
    await watermarkReaders.notice()
    const silent = (await watermarkReaders.silent()).filter(({ silentMs }) => silentMs > afterMs)
    const gone = silent.filter(({ topic }) => silentBefore.has(topic))
    silentBefore = new Set(silent.map(({ topic }) => topic))
    for (const source of marksBefore?.keys() ?? [])
      if (gone.some(({ topic }) => topic === topicOf(source))) await watermarks.remove(source)
    return gone
  }
}

const topicOf = (source: string): string => source.slice(0, Math.max(0, source.lastIndexOf('/')))
