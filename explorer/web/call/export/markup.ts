/** Text that is markup already. Everything else is escaped when it is put into a template. */
export interface Markup {
  readonly markup: string
}

type Part = Markup | string | number | undefined | readonly Part[]

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Also characters that XML forbids and that turn the direction of text: names and log lines are hostile input. */
export const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/** Markup whose every value is escaped, wherever it stands. Attributes must be quoted. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const markup = literals.reduce((text, literal, at) => text + literal + textOf(parts[at]), '')
  return { markup }
}

function textOf(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') return String(part)
  return isMarkup(part) ? part.markup : part.map(textOf).join('')
}

const isMarkup = (part: Markup | readonly Part[]): part is Markup => 'markup' in part
