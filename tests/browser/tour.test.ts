import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, openPage } from './chromium.ts'
import { type Program, startProgram } from './program.ts'
import { tours } from './tour-steps.ts'

let program: Program
let browser: Browser

beforeAll(async () => {
  program = await startProgram({ demo: true })
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await program?.remove()
})

test.each(tours)(
  '$title: from the first view to the evidence in at most three clicks',
  async ({ clicks, evidence }) => {
    expect(clicks.length).toBeLessThanOrEqual(3)
    const { page, check } = await openPage(browser, program.url)
    // The demo plants each of them within its first minute.
    page.setDefaultTimeout(80_000)
    for (const click of clicks) await click(page)
    const verdict = await page.getByRole('region', { name: 'Verdict' }).textContent()
    for (const words of evidence) expect(verdict).toMatch(words)
    check()
  },
)
