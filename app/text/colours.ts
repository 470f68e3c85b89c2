/** Paints text for a terminal; outside of one every function leaves it as it is. */
export interface Colours {
  bold(text: string): string
  dim(text: string): string
  /** Green, yellow or red by class; others stay plain. */
  class(text: string): string
  bad(text: string): string
  warn(text: string): string
}

const code = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`
const plain = (text: string): string => text

const byClass: Readonly<Record<string, (text: string) => string>> = {
  good: code(32, 39),
  degraded: code(33, 39),
  poor: code(31, 39),
}

export function coloursFor(terminal: boolean): Colours {
  if (!terminal) return { bold: plain, dim: plain, class: plain, bad: plain, warn: plain }
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    class: (text) => (byClass[text.trim()] ?? plain)(text),
    bad: code(31, 39),
    warn: code(33, 39),
  }
}
