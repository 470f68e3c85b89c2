import type { z } from 'zod'

// A refusal is for reading: three faults say enough, and a header must stay short.
const maxIssues = 3
const maxLength = 300

/** Field names of ours, and those a producer may have meant: anything else could be a value in the wrong place. */
const fieldName = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/

/** What is wrong with a payload, as `data.packets_lost: expected int`. Names fields and what they should be, never values. */
export function explainIssues(issues: readonly z.core.$ZodIssue[]): string {
  const told = issues.slice(0, maxIssues).map((issue) => `${pathOf(issue.path)}: ${wordsOf(issue)}`)
  const more = issues.length - told.length
  return `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`.slice(0, maxLength)
}

const pathOf = (path: readonly PropertyKey[]): string => (path.length === 0 ? 'event' : path.map(nameOf).join('.'))

const nameOf = (key: PropertyKey): string =>
  typeof key === 'number' || fieldName.test(String(key)) ? String(key) : '(unprintable name)'

function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown field ${issue.keys.slice(0, maxIssues).map(nameOf).join(', ')}; remove it`
    case 'invalid_type':
      return `expected ${issue.expected}`
    default:
      // Zod's other messages quote the schema (bounds, options, patterns), never the input.
      return issue.message
  }
}
