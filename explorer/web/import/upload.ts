import { ApiError, readProblem, withQuery } from '../api.ts'
import { authorization } from '../session-token.ts'

/** What the server says that an import did. */
export interface ImportReport {
  readonly run: string
  readonly counts: Readonly<Record<string, number>>
  readonly refused: readonly { readonly reason: string; readonly count: number; readonly example: string }[]
  readonly notes: readonly string[]
  readonly calls?: readonly { readonly tenant: string; readonly id: string }[]
}

export interface Upload {
  readonly file: File
  readonly tenant: string | undefined
  /** Share of the file that was sent, 0..1. At 1 the server reads it. */
  readonly onSent: (share: number) => void
  readonly signal: AbortSignal
}

/** Sends a file to be imported. By XMLHttpRequest: fetch does not tell how much was sent. */
export function upload({ file, tenant, onSent, signal }: Upload): Promise<ImportReport> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest()
    request.open('POST', withQuery('/api/import', { name: file.name.slice(0, 300), tenant }))
    request.setRequestHeader('content-type', 'application/octet-stream')
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onSent(total === 0 ? 1 : loaded / total)
    request.onload = () => {
      const said = parsed(request.responseText)
      if (request.status >= 200 && request.status < 300) done(said as ImportReport)
      else failed(readProblem(request.status, request.statusText, said))
    }
    request.onerror = () => failed(new ApiError(0, 'no answer'))
    request.onabort = () => failed(new DOMException('given up', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
