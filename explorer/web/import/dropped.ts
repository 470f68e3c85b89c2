import { go } from '../router.ts'
import { createStore } from '../store.ts'

/** Files that were dropped or chosen and that nobody has taken yet. */
export const dropped = createStore<readonly File[]>([])

/** Whether files are being dragged over the page. */
export const dragging = createStore(false)

export function takeDropped(): readonly File[] {
  const files = dropped.get()
  dropped.set([])
  return files
}

/** Files dropped anywhere are imported: otherwise the browser would leave the page and show the file. */
export function acceptDrops(): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    dragging.set(true)
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) dragging.set(false)
  })
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    dragging.set(false)
    dropped.set([...(event.dataTransfer?.files ?? [])])
    go('/import')
  })
}
