import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, openPage } from './chromium.ts'
import { type Program, startProgram } from './program.ts'

let program: Program
let browser: Browser

beforeAll(async () => {
  program = await startProgram({ trusting: false })
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await program?.remove()
})

test('an install that trusts no address asks who one is, says how to get in, and lets a token in', async () => {
  const { page } = await openPage(browser, program.url)
  await page.getByRole('heading', { name: 'The server asks who you are' }).waitFor()
  await page.getByText(/npx callscope open/).waitFor()
  await page.getByLabel('Token').fill(program.token)
  await page.getByRole('button', { name: 'Use this token' }).click()
  await page
    .getByRole('table', { name: /^Calls/ })
    .or(page.getByText(/No calls yet|no call/i))
    .first()
    .waitFor()
  expect(await page.getByRole('heading', { name: 'The server asks who you are' }).count()).toBe(0)
})

test('the address that "callscope open" prints lets one in at once', async () => {
  const { page, check } = await openPage(browser, (await program.command('open')).trim())
  await page.getByRole('searchbox').waitFor()
  await expect.poll(() => page.url()).not.toContain('token')
  expect(await page.getByRole('heading', { name: 'The server asks who you are' }).count()).toBe(0)
  check()
})
