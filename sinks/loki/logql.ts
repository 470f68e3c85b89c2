import { labelNames } from './names.ts'

/** Ids in one query: alternatives of a regular expression that Loki runs over every line of the call's time. */
export const idsPerQuery = 64

export interface LineSelector {
  /** Undefined where the organisation is the tenant. */
  readonly tenant: string | undefined
  readonly field: string
  readonly values: readonly string[]
}

/**
 * Lines of a tenant whose structured metadata names one of these ids. Filters on metadata are anchored on both sides, and
 * every character that means something to RE2 or to a LogQL string is escaped: an id is what some producer sent.
 */
export function selectorOf({ tenant, field, values }: LineSelector): string {
  const labels = tenant === undefined ? `${labelNames.service}=~".+"` : `${labelNames.tenant}=${quoted(tenant)}`
  return `{${labels}} | ${field}=~${quoted(values.map(regexLiteral).join('|'))}`
}

/** What people put between the digits of a number, and what squeezing has taken out (pipelines/privacy/hints.ts). */
const between = '[ ().\\-/\\x{a0}]*'

/**
 * Lines of a tenant in which one of these squeezed texts stands, however it is spaced: in the line, or in the value of any piece of
 * metadata, which only a template sees all of.
 */
export function textSelectorOf(tenant: string | undefined, squeezed: readonly string[]): string {
  const labels = tenant === undefined ? `${labelNames.service}=~".+"` : `${labelNames.tenant}=${quoted(tenant)}`
  const patterns = squeezed.map((text) => [...text].map(regexLiteral).join(between))
  return `{${labels}} | line_format "{{__line__}}\\u0000{{.}}" |~ ${quoted(`(?i)${patterns.join('|')}`)}`
}

const regexLiteral = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')

/** As Go reads a string in double quotes (strconv.Unquote). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is escaped
const special = /["\\\u0000-\u001f\u007f]/g
const quoted = (text: string): string =>
  `"${text
    .toWellFormed()
    .replaceAll(special, (one) =>
      one === '"' || one === '\\' ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )}"`
