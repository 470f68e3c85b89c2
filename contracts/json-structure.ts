const [quote, backslash, brace, bracket] = [...'"\\{['].map((mark) => mark.charCodeAt(0))

/**
 * Whether a JSON text holds more objects and lists than this, side by side or one in another: what costs far more to parse
 * than its bytes say, and is known before any of it is parsed. It need not be JSON: what is wrong with it, its parser says.
 */
export function holdsMoreThan(most: number, body: Uint8Array): boolean {
  let count = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === quote) at = endOfText(body, at)
    else if (byte === brace || byte === bracket) {
      count += 1
      if (count > most) return true
    }
  }
  return false
}

/** Where the text that begins here ends: at the next quote that is not escaped. */
function endOfText(body: Uint8Array, from: number): number {
  let at = from + 1
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1
  return at
}
