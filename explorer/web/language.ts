import { createKept, safely } from './kept.ts'
import { createStore } from './store.ts'

export const languages = ['en', 'ru'] as const
export type Language = (typeof languages)[number]

export const languageNames: Readonly<Record<Language, string>> = { en: 'English', ru: 'Русский' }

const kept = createKept<Language>('callscope.language', languages, preferred())

/** The language of the page. Everything that speaks reads it anew when it renders. */
export const language = createStore<Language>(kept.read())

export function chooseLanguage(next: Language): void {
  kept.write(next)
  document.documentElement.lang = next
  language.set(next)
}

/** The language with the viewer's own region, where the browser names one: it decides how numbers and dates are written. */
export function locale(): string {
  const spoken = language.get()
  return (safely(() => navigator.languages) ?? []).find((tag) => tag.split('-')[0]?.toLowerCase() === spoken) ?? spoken
}

function preferred(): Language {
  const asked = safely(() => navigator.languages) ?? []
  const known = asked.map((tag) => languages.find((name) => tag.toLowerCase().startsWith(name)))
  return known.find((name) => name !== undefined) ?? 'en'
}
