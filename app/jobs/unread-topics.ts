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
  let before: ReadonlySet<string> = new Set()

  /** Returns the topics let go, with how long nobody had spoken for them. */
  return async function letGo(): Promise<readonly { readonly topic: string; readonly silentMs: number }[]> {
    await watermarkReaders.beat(topics)
    await watermarkReaders.notice()
    const silent = (await watermarkReaders.silent()).filter(({ silentMs }) => silentMs > afterMs)
    const gone = silent.filter(({ topic }) => before.has(topic))
    before = new Set(silent.map(({ topic }) => topic))
    if (gone.length === 0) return gone
    const sources = new Set((await watermarks.read()).map(({ source }) => source))
    for (const source of sources)
      if (gone.some(({ topic }) => source.startsWith(`${topic}/`))) await watermarks.remove(source)
    return gone
  }
}
