import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousFaults } from './accessibility.ts'
import { launch, openPage } from './chromium.ts'
import { type Program, startProgram } from './program.ts'

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

const open = (path = '/', options: Parameters<typeof openPage>[2] = {}) =>
  openPage(browser, `${program.url}${path}`, options)

describe('the list of calls', () => {
  test('shows calls with their class in words, and until when it is complete', async () => {
    const { page, check } = await open()
    await page.getByRole('table', { name: /^Calls/ }).waitFor()
    await page.getByText(/Complete until/).waitFor()
    await page
      .getByRole('row', { name: /Poor|Degraded|Good/ })
      .first()
      .waitFor({ timeout: 60_000 })
    expect(await page.getByRole('row').count()).toBeGreaterThan(5)
    check()
  })

  test('new calls appear by themselves', async () => {
    const { page, check } = await open()
    const first = page.getByRole('table').getByRole('row').nth(1)
    await first.waitFor()
    const before = await first.textContent()
    await expect.poll(() => first.textContent(), { timeout: 30_000 }).not.toBe(before)
    check()
  })

  test('filters live in the address: they can be shared, and Back takes them away again', async () => {
    const { page, check } = await open()
    await page.getByRole('button', { name: /^Poor/ }).click()
    await page.waitForURL(/class=poor/)
    await page.getByRole('row', { name: /Poor/ }).first().waitFor({ timeout: 60_000 })
    await expect.poll(() => page.getByRole('row', { name: /Good/ }).count()).toBe(0)

    const other = await open(new URL(page.url()).pathname + new URL(page.url()).search)
    await other.page.getByRole('row', { name: /Poor/ }).first().waitFor()
    expect(await other.page.getByRole('row', { name: /Good/ }).count()).toBe(0)

    await page.goBack()
    await expect.poll(() => page.url()).not.toContain('class=poor')
    await page
      .getByRole('row', { name: /in progress|Good|Degraded|Unclassified/ })
      .first()
      .waitFor()
    check()
    other.check()
  })

  test('a search finds one call by its id', async () => {
    const { calls } = (await (await fetch(`${program.url}/api/calls?limit=20`)).json()) as { calls: { id: string }[] }
    const id = calls.at(-1)?.id ?? ''
    const { page, check } = await open('/?sort=mos&order=asc')
    const addresses: string[] = []
    page.on('request', (request) => addresses.push(request.url()))
    await page.getByRole('searchbox').fill(id)
    await page.getByRole('searchbox').press('Enter')
    await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(2)
    const { search, hash } = new URL(page.url())
    expect([search, hash]).toEqual(['?sort=mos&order=asc', `#q=${id}`])
    await page.reload()
    await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(2)
    await page.keyboard.press('Tab')
    await page.getByRole('link', { name: 'Skip to the content' }).press('Enter')
    expect(new URL(page.url()).hash).toBe(`#q=${id}`)
    // What was searched for may be somebody's number: no server's log has it.
    expect(addresses.filter((address) => new URL(address).pathname === '/api/calls').length).toBeGreaterThan(0)
    expect(addresses.filter((address) => (address.split('#')[0] ?? '').includes(id))).toEqual([])
    check()
  })

  test('a link from before, with the search in its query, shows the same, and hides it from here on', async () => {
    const { page, check } = await open('/?q=nobody-is-called-so')
    await page.getByText(/filters rules out|No call matches/).waitFor()
    expect(page.url().endsWith('/#q=nobody-is-called-so')).toBe(true)
    expect(await page.getByRole('searchbox').inputValue()).toBe('nobody-is-called-so')
    check()
  })

  test('sorts by the worst MOS, and says so to those who cannot see it', async () => {
    const { page, check } = await open()
    const header = page.getByRole('columnheader', { name: /Worst MOS/ })
    await header.getByRole('button').click()
    await page.waitForURL(/sort=mos/)
    await expect.poll(() => header.getAttribute('aria-sort')).toMatch(/ascending|descending/)
    check()
  })

  test('the keyboard alone goes from the first view into a call and back', async () => {
    const { page, check } = await open()
    await page.getByRole('row').nth(1).waitFor()
    await page.keyboard.press('Tab')
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toMatch(/Skip to the content/)
    await page.getByRole('columnheader', { name: 'When' }).getByRole('button').focus()
    for (let step = 0; step < 6 && !(await focusIsInARow(page)); step++) await page.keyboard.press('Tab')
    expect(await focusIsInARow(page)).toBe(true)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/calls\//)
    await page.getByRole('heading', { name: 'Verdict', exact: true }).waitFor()
    await page.goBack()
    await page.getByRole('table', { name: /^Calls/ }).waitFor()
    check()
  })

  test('the server goes away: the page says so, shows what it knew, and is live again when it comes back', async () => {
    const { page, check } = await open()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('row').nth(1).waitFor()
    await program.stop()
    await page
      .getByText(/gone since|Reconnecting/i)
      .first()
      .waitFor({ timeout: 40_000 })
    expect(await page.getByRole('row').count()).toBeGreaterThan(3)
    await program.start()
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 40_000 })
    check()
  })

  test('speaks Russian from the same catalogue', async () => {
    const { page, check } = await open('/', { language: 'ru-RU' })
    await page.getByRole('link', { name: 'Звонки' }).waitFor()
    check()
  })
})

describe('every page', () => {
  const views = [
    ['calls', '/'],
    ['now', '/now'],
    ['import', '/import'],
  ] as const

  test.each(views)(
    '%s has no serious fault for people with weak eyes, a screen reader or a keyboard',
    async (_name, path) => {
      for (const options of [{ scheme: 'light' }, { scheme: 'dark' }, { size: 'phone' }] as const) {
        const { page, check } = await open(path, options)
        await page.getByRole('main').waitFor()
        await page.waitForTimeout(1_500)
        expect([path, options, await seriousFaults(page)]).toEqual([path, options, []])
        check()
      }
    },
  )

  test.each(views)('%s fits a phone: nothing is wider than the screen', async (_name, path) => {
    const { page, check } = await open(path, { size: 'phone' })
    await page.getByRole('main').waitFor()
    await page.waitForTimeout(1_000)
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0)
    check()
  })
})

const focusIsInARow = (page: Awaited<ReturnType<typeof openPage>>['page']) =>
  page.evaluate(() => {
    const row = document.activeElement?.closest('[role="row"]')
    return row !== null && row !== undefined && row.querySelector('[role="columnheader"]') === null
  })
