import { createStore, useStore } from '../store.ts'

const said = createStore('')

/** Says a sentence to screen readers, once what they are reading is done. */
export const announce = (text: string): void => said.set(text)

/** The one live region of the page: it must be there before anything is said in it. */
export const Announcer = () => (
  <div class="visually-hidden" aria-live="polite" role="status">
    {useStore(said)}
  </div>
)
