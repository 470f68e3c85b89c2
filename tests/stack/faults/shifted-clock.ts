/** Preloaded into a worker: its wall clock is off by the milliseconds in a file, as after a wrong setting of the machine's. */
import { readFileSync } from 'node:fs'

const file = process.env.TEST_CLOCK ?? ''
const trueNow = Date.now
let offsetMs = 0

function look(): void {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    offsetMs = 0
  }
}
look()
setInterval(look, 250).unref()

class ShiftedDate extends Date {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(trueNow() + offsetMs)
    else super(...(given as [number]))
  }
  static override now(): number {
    return trueNow() + offsetMs
  }
}
globalThis.Date = ShiftedDate as DateConstructor
