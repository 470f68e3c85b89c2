import { isAbort } from '../api.ts'
import { createStore } from '../store.ts'
import { type ImportReport, upload } from './upload.ts'

/** One file on its way in, and what came of it. */
export interface Import {
  readonly id: number
  readonly name: string
  readonly bytes: number
  readonly state:
    | { readonly type: 'waiting' }
    | { readonly type: 'sending'; readonly share: number }
    | { readonly type: 'failed'; readonly error: Error }
    | { readonly type: 'done'; readonly report: ImportReport }
}

/** Latest first; older ones are forgotten. Outlives the page: an upload goes on while one looks elsewhere. */
export const imports = createStore<readonly Import[]>([])
const maxKept = 20

/** Most files of one drop: each is read whole by the server, one after the other. */
export const maxFiles = 20

let lastId = 0
let queue: Promise<void> = Promise.resolve()

/** Puts files in line; returns how many. */
export function importFiles(files: readonly File[], tenant: string | undefined): readonly number[] {
  return files.slice(0, maxFiles).map((file) => {
    const id = ++lastId
    const waiting: Import = { id, name: file.name, bytes: file.size, state: { type: 'waiting' } }
    imports.set([waiting, ...imports.get()].slice(0, maxKept))
    queue = queue.then(() => send(id, file, tenant))
    return id
  })
}

async function send(id: number, file: File, tenant: string | undefined): Promise<void> {
  put(id, { type: 'sending', share: 0 })
  try {
    const { signal } = new AbortController()
    const report = await upload({ file, tenant, signal, onSent: (share) => put(id, { type: 'sending', share }) })
    put(id, { type: 'done', report })
  } catch (error) {
    if (!isAbort(error)) put(id, { type: 'failed', error: error as Error })
  }
}

function put(id: number, state: Import['state']): void {
  imports.set(imports.get().map((one) => (one.id === id ? { ...one, state } : one)))
}
