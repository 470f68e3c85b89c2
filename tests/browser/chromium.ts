import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** Where Debian, other systems and people keep it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']

export const sizes = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const

export async function launch(): Promise<Browser> {
  const named = process.env.CALLSCOPE_CHROMIUM
  const executablePath = named ?? places.find((place) => existsSync(place))
  if (executablePath === undefined)
    throw new Error(
      'no Chromium found: install one (Debian: apt-get install chromium), or say where in CALLSCOPE_CHROMIUM',
    )
  return chromium.launch({
    executablePath,
    // A sandbox needs rights that root in a container has not. Only pages of our own are opened.
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  })
}

export interface Watched {
  readonly page: Page
  /** Fails where the page threw, complained, was refused something by its policy, or asked anybody but its own server. */
  check(): void
}

interface PageOptions {
  readonly size?: keyof typeof sizes
  readonly scheme?: 'light' | 'dark'
  readonly language?: string
}

/** What a page may complain of: a server that a test has stopped. */
const expected =
  /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|NETWORK_CHANGED)/

export const contextOptions = ({
  size = 'desktop',
  scheme = 'light',
  language = 'en-GB',
}: PageOptions): BrowserContextOptions => ({
  viewport: sizes[size],
  colorScheme: scheme,
  locale: language,
  timezoneId: 'Europe/Berlin',
  reducedMotion: 'reduce',
  ...(size === 'phone' ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}),
})

export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Watched> {
  const context = await browser.newContext(contextOptions(options))
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const faults: string[] = []
  const { origin } = new URL(url)
  page.on('pageerror', (error) => faults.push(`threw: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const asked = new URL(request.url())
    if (!['data:', 'blob:'].includes(asked.protocol) && asked.origin !== origin) faults.push(`asked ${asked.origin}`)
  })
  await page.goto(url)
  return { page, check: () => expect(faults).toEqual([]) }
}
