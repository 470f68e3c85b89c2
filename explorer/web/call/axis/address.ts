import type { Range } from './range.ts'

/** The zoomed range as the address has it (?from=&to=, epoch milliseconds), where it makes sense. */
export function rangeInAddress(search: string): Range | undefined {
  const params = new URLSearchParams(search)
  const [fromMs, toMs] = [wholeNumber(params.get('from')), wholeNumber(params.get('to'))]
  return fromMs === undefined || toMs === undefined || toMs <= fromMs ? undefined : { fromMs, toMs }
}

/** The same address with another range; without one where all of the call is shown. */
export function withRange(search: string, range: Range | undefined): string {
  const params = new URLSearchParams(search)
  params.delete('from')
  params.delete('to')
  if (range !== undefined) {
    params.set('from', String(Math.round(range.fromMs)))
    params.set('to', String(Math.round(range.toMs)))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
