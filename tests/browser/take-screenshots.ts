/** Takes the pictures of README.md and docs/tour.md from the running demo: `npm run screenshots`. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { contextOptions, launch } from './chromium.ts'
import { startProgram } from './program.ts'
import { tours } from './tour-steps.ts'

const images = join(import.meta.dirname, '..', '..', 'docs', 'images')
/** The demo plants every fault within its first minute, and calls of that minute have ended in the second. */
const demoMs = 100_000

async function pictured(browser: Browser, url: string, scheme: 'light' | 'dark'): Promise<Page> {
  const page = await (
    await browser.newContext({ ...contextOptions({ scheme }), viewport: { width: 1280, height: 800 } })
  ).newPage()
  await page.goto(url)
  await page.getByRole('row').nth(5).waitFor()
  await sleep(2_000)
  return page
}

await mkdir(images, { recursive: true })
const program = await startProgram({ demo: true })
const browser = await launch()
try {
  await sleep(demoMs)
  for (const scheme of ['light', 'dark'] as const) {
    const page = await pictured(browser, program.url, scheme)
    await page.screenshot({ path: join(images, `calls-${scheme}.png`) })
    await page.getByRole('button', { name: /^One-way audio/ }).click()
    await page.getByRole('row', { name: /Poor/ }).first().click()
    await page.getByRole('heading', { name: 'Verdict', exact: true }).waitFor()
    await sleep(1_500)
    await page.screenshot({ path: join(images, `call-${scheme}.png`) })
    await page.context().close()
  }
  for (const { name, clicks } of tours) {
    const page = await pictured(browser, program.url, 'light')
    for (const [at, click] of clicks.entries()) {
      await click(page)
      await sleep(1_200)
      await page.screenshot({ path: join(images, `tour-${name}-${at + 1}.png`) })
    }
    await page.context().close()
  }
} finally {
  await browser.close()
  await program.remove()
}
