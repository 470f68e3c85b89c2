import type { CallRecord } from '#contracts/call-record.ts'

/** Hands a text to the browser as a file. Made here: nothing leaves the page. */
export function downloadFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // After the browser has begun to read it; at once would cancel the download in some.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Ids may hold anything; file names may not. */
export function fileStem({ id, startedMs }: Pick<CallRecord, 'id' | 'startedMs'>): string {
  const safe = id.replace(/[^\w.-]+/g, '-').slice(0, 60)
  return `call-${new Date(startedMs).toISOString().slice(0, 10)}-${safe}`
}
