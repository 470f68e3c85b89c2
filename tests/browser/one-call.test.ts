import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { seriousFaults } from './accessibility.ts'
import { launch, openPage } from './chromium.ts'
import { type Program, startProgram } from './program.ts'

const dumps = join(import.meta.dirname, '..', 'fixtures')
let program: Program
let browser: Browser

const hostile = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'

beforeAll(async () => {
  program = await startProgram()
  browser = await launch()
  await sendHostileCall()
})
afterAll(async () => {
  await browser?.close()
  await program?.remove()
})

const open = (path: string, options: Parameters<typeof openPage>[2] = {}) =>
  openPage(browser, `${program.url}${path}`, options)
const openWithToken = (path: string) => open(`${path}#token=${program.token}`)

/** A call whose caller, log line and span attributes are what an attacker would send. */
async function sendHostileCall(): Promise<void> {
  const atMs = Date.now() - 30_000
  const event = (id: string, type: string, ms: number, data: object) => ({
    ...{ specversion: '1.0', id, source: '/call-control', type, time: new Date(ms).toISOString() },
    ...{ tenantid: 'default', correlationid: 'hostile-call', data: { call_id: 'hostile-call', ...data } },
  })
  const events = [
    event('h1', 'call.started', atMs, {
      from: hostile,
      to: hostile,
      direction: 'inbound',
      codec: 'PCMU',
      carrier: hostile,
    }),
    event('h2', 'call.answered', atMs + 2_000, {}),
    event('h3', 'call.ended', atMs + 20_000, { sip_code: 200, q850_cause: 16 }),
  ]
  await post('/v1/events', events, 'application/cloudevents-batch+json')
  const value = (text: string) => ({ stringValue: text })
  await post(
    '/v1/logs',
    {
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: value(hostile) }] },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: `${atMs + 5_000}000000`,
                  severityNumber: 17,
                  severityText: 'ERROR',
                  body: value(hostile),
                  attributes: [{ key: 'correlation_id', value: value('hostile-call') }],
                },
              ],
            },
          ],
        },
      ],
    },
    'application/json',
  )
  await vi.waitFor(
    async () => {
      const { status } = await fetch(`${program.url}/api/calls/hostile-call`)
      if (status !== 200) throw new Error(`no record yet: ${status}`)
    },
    { timeout: 30_000, interval: 300 },
  )
}

async function post(path: string, body: unknown, type: string): Promise<void> {
  const answer = await fetch(`${program.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
}

const pwned = (page: Page) => page.evaluate(() => (window as { pwned?: number }).pwned)

describe('hostile input', () => {
  test('a caller name and a log line with markup stay text, in the list, in the call and in its export', async () => {
    const list = await open('/')
    await list.page
      .getByRole('row', { name: /img src=x/ })
      .first()
      .waitFor()
    expect(await pwned(list.page)).toBeUndefined()

    const { page, check } = await open('/calls/hostile-call')
    await page.getByRole('heading', { name: 'Verdict', exact: true }).waitFor()
    await page.getByText('window.pwned', { exact: false }).first().waitFor()
    expect(await pwned(page)).toBeUndefined()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export HTML' }).click(),
    ])
    const html = await readFile((await download.path()) ?? '', 'utf8')
    expect(html).not.toMatch(/<script|<img/i)
    expect(html).toContain('&lt;img src=x')
    list.check()
    check()
  })

  test('a call that nobody knows is said to be unknown, and leads back', async () => {
    const { page } = await open('/calls/no-such-call')
    await page
      .getByText(/no such call/i)
      .first()
      .waitFor()
    await page.getByRole('link', { name: /calls/i }).first().waitFor()
  })
})

describe('a dump dropped on the page', () => {
  test('becomes a call, and the page goes there', async () => {
    const { page, check } = await openWithToken('/import')
    const file = await jitsiDump()
    const content = (await readFile(file)).toString('base64')
    const transfer = await page.evaluateHandle(
      ([base64, name]) => {
        const bytes = Uint8Array.from(atob(base64 as string), (letter) => letter.charCodeAt(0))
        const held = new DataTransfer()
        held.items.add(new File([bytes], name as string, { type: 'application/octet-stream' }))
        return held
      },
      [content, 'session.jsonl'],
    )
    const main = page.getByRole('main')
    await page.getByText(/drop/i).first().waitFor()
    for (const type of ['dragenter', 'dragover', 'drop']) await main.dispatchEvent(type, { dataTransfer: transfer })
    await page.waitForURL(/\/calls\/|[?&]q=|since=/, { timeout: 60_000 })
    check()
  })

  test('without the administrator token it says where the token lies, and imports once it is given', async () => {
    const { page } = await open('/import')
    await page
      .getByText(/administrator\.token|callscope open/)
      .first()
      .waitFor()
  })
})

describe('one call', () => {
  let path: string
  beforeAll(async () => {
    await program.command('import', await jitsiDump())
    const call = await vi.waitFor(
      async () => {
        const found = (await callsNow()).find(({ id }) => id !== 'hostile-call')
        if (found === undefined) throw new Error('no call yet')
        return found
      },
      { timeout: 60_000, interval: 500 },
    )
    path = `/calls/${encodeURIComponent(call.id)}?tenant=${call.tenant}`
  })

  test('one instant is shown in every lane under the pointer', async () => {
    const { page, check } = await openWithToken(path)
    const lane = page.getByRole('slider').nth(2)
    await lane.waitFor()
    await lane.scrollIntoViewIfNeeded()
    const box = await lane.boundingBox()
    if (box === null) throw new Error('no lane')
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2)
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2)
    await expect.poll(async () => readoutsOf(page)).toBeGreaterThan(2)
    check()
  })

  test('zooms with buttons, keys and the pointer, all lanes together, and the range is in the address', async () => {
    const { page, check } = await openWithToken(path)
    const whole = page.getByRole('button', { name: 'Whole call' })
    await whole.waitFor()
    expect(await whole.isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.waitForURL(/from=\d+/)
    expect(await whole.isDisabled()).toBe(false)
    const zoomed = page.url()
    await page.getByRole('button', { name: 'Later' }).click()
    await expect.poll(() => page.url()).not.toBe(zoomed)
    await whole.click()
    await expect.poll(() => page.url()).not.toMatch(/from=\d+/)
    check()
  })

  test('has no serious fault for people with weak eyes, a screen reader or a keyboard, and fits a phone', async () => {
    for (const options of [{ scheme: 'light' }, { scheme: 'dark' }, { size: 'phone' }] as const) {
      const { page } = await openPage(browser, `${program.url}${path}#token=${program.token}`, options)
      await page.getByRole('heading', { name: 'Verdict', exact: true }).waitFor()
      await page.waitForTimeout(1_500)
      expect([options, await seriousFaults(page)]).toEqual([options, []])
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
      expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0)
    }
  })
})

async function callsNow() {
  const headers = { authorization: `Bearer ${program.token}` }
  const answer = await fetch(`${program.url}/api/calls?limit=50`, { headers })
  return ((await answer.json()) as { calls: { id: string; tenant: string }[] }).calls
}

/** Lanes that say a value at the pointer. */
const readoutsOf = (page: Page) =>
  page.evaluate(
    () => [...document.querySelectorAll('.lane-readout')].filter((element) => element.textContent?.trim()).length,
  )

async function jitsiDump(): Promise<string> {
  const { readdir } = await import('node:fs/promises')
  const files = await readdir(dumps, { recursive: true })
  const found = files.filter((name) => name.includes('jitsi') && name.endsWith('.jsonl')).sort()[0]
  if (found === undefined) throw new Error('no Jitsi dump among the fixtures')
  return join(dumps, found)
}
