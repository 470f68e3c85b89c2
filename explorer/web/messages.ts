import { type Language, language } from './language.ts'
import { en } from './messages/en.ts'
import { ru } from './messages/ru.ts'

/** A message whose form depends on the number `n`. Each language fills the forms it has. */
export type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>

type English = typeof en
export type MessageKey = keyof English

type ParamsIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamsIn<Rest> : never
type TextsOf<Message> = Message extends string ? Message : Message[keyof Message]
type ParamsOf<Key extends MessageKey> = ParamsIn<TextsOf<English[Key]>> | (English[Key] extends string ? never : 'n')

/** What `{name}` in the English message asks for must be given, and nothing else. */
type Given<Key extends MessageKey> = [ParamsOf<Key>] extends [never]
  ? []
  : [{ readonly [Name in ParamsOf<Key>]: Name extends 'n' ? number : string | number }]

/** Any catalogue that says everything the English one says. */
export type Catalogue = { readonly [Key in MessageKey]: English[Key] extends string ? string : PluralForms }

const catalogues: Readonly<Record<Language, Catalogue>> = { en, ru }
const rules: Readonly<Record<Language, Intl.PluralRules>> = {
  en: new Intl.PluralRules('en'),
  ru: new Intl.PluralRules('ru'),
}

/** A message of the catalogue in the viewer's language: t('calls.new', { n: 12 }). */
export function t<Key extends MessageKey>(key: Key, ...[params]: Given<Key>): string {
  return say(language.get(), key, params as Record<string, string | number> | undefined)
}

export function say(spoken: Language, key: MessageKey, params: Readonly<Record<string, string | number>> = {}): string {
  const message: string | PluralForms = catalogues[spoken][key]
  const text = typeof message === 'string' ? message : formOf(message, spoken, Number(params.n))
  return text.replace(/\{(\w+)\}/g, (_, name: string) => shown(params[name], spoken))
}

const formOf = (forms: PluralForms, spoken: Language, n: number): string =>
  forms[rules[spoken].select(n)] ?? forms.other

const shown = (value: string | number | undefined, spoken: Language): string =>
  typeof value === 'number' ? value.toLocaleString(spoken) : (value ?? '')

/** For words that the server chose (a finding, a fault): its message where the catalogue has one, else the word itself. */
export function tIfKnown(prefix: string, word: string): string {
  const key = `${prefix}.${word}`
  return key in catalogues.en ? say(language.get(), key as MessageKey) : word.replaceAll('_', ' ')
}
