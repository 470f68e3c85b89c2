const maxLength = 1_000

/** Comments, strings, here-documents, quoted names and numbers: all that can hold a value. */
const values =
  /--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|(\$\w*\$)[\s\S]*?(?:\1|$)|(?<![\w.])[\d.]*\d[\w.]*(?:[eE][+-]\d+)?/g

/** What a statement asks, and nothing that it asks for: a "?" stands for each literal and each quoted name. */
export function shapeOfSql(statement: string): string {
  const shape = statement
    .replace(values, (value) => (/^(--|#|\/\*)/.test(value) ? ' ' : '?'))
    // No table, column or function has such a name: it can only be a value.
    .replace(/[^\x20-\x7e\n\t]+/g, '?')
    .replace(/\s+/g, ' ')
    .trim()
  return shape.length > maxLength ? `${shape.slice(0, maxLength - 1)}…` : shape
}
