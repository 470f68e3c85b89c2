import { createKept } from './kept.ts'
import { createStore } from './store.ts'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

/** The name under which theme-early.ts finds the choice before the first paint. */
const kept = createKept<Theme>('callscope.theme', themes, 'system')

export const theme = createStore<Theme>(kept.read())

export function chooseTheme(next: Theme): void {
  kept.write(next)
  document.documentElement.dataset.theme = next
  theme.set(next)
  colours.set({ ...colours.get() })
}

/**
 * Changes whenever colours do, by choice or because the system went dark: canvases are painted again, since they
 * cannot follow a stylesheet.
 */
export const colours = createStore<object>({})

export function followSystemColours(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => colours.set({}))
}

/** A custom property of the stylesheet as a colour for a canvas. */
export const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
