/** One server-sent event. */
export interface StreamEvent {
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

/** More than this without an end of event is no event stream: a bound for what is held. */
const maxHeldChars = 16_000_000

/**
 * Cuts the text of a `text/event-stream`, as it comes in pieces, into events (WHATWG HTML, 9.2). EventSource itself
 * cannot be used: it sends no Authorization header.
 */
export function createEventReader(): (piece: string) => readonly StreamEvent[] {
  let held = ''
  return function read(piece) {
    held += piece
    if (held.length > maxHeldChars) throw new Error('an event without an end')
    // A carriage return at the very end may be half of a line end: it waits.
    const whole = held.endsWith('\r') ? held.slice(0, -1) : held
    const blocks = whole.split(/\r\n\r\n|\n\n|\r\r/)
    const rest = blocks.pop() ?? ''
    held = rest + held.slice(whole.length)
    return blocks.flatMap(readBlock)
  }
}

function readBlock(block: string): readonly StreamEvent[] {
  let event = 'message'
  let id: string | undefined
  const data: string[] = []
  for (const line of block.split(/\r\n|\n|\r/)) {
    const { name, value } = fieldOf(line)
    if (name === 'event') event = value
    else if (name === 'data') data.push(value)
    else if (name === 'id') id = value
  }
  return data.length === 0 ? [] : [{ event, data: data.join('\n'), id }]
}

function fieldOf(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(':')
  if (colon < 0) return { name: line, value: '' }
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') }
}
