import type { Page } from 'playwright-core'

/** One planted fault, and the way from the first view to what shows whose it is. docs/tour.md tells the same. */
export interface Tour {
  /** Of the pictures: docs/images/tour-NAME-1.png and on. */
  readonly name: string
  readonly title: string
  /** At most three. Each leaves something to look at. */
  readonly clicks: readonly ((page: Page) => Promise<void>)[]
  /** What the last view must say: the evidence, and whose side. */
  readonly evidence: readonly RegExp[]
}

const chip = (name: RegExp) => async (page: Page) => {
  await page.getByRole('button', { name }).first().click()
  await page.waitForURL(/finding=|class=/)
}

const now = async (page: Page) => {
  await page.getByRole('link', { name: 'Now', exact: true }).click()
  await page
    .getByRole('link', { name: named('northtel') })
    .first()
    .waitFor()
}

/** A carrier, and none of its routes. */
const named = (name: string): RegExp => new RegExp(`^${name}(?!-)`)

/** A row of the worst carriers, routes, regions and codecs leads to the calls behind it. */
const worst = (name: string) => async (page: Page) => {
  await page
    .getByRole('link', { name: named(name) })
    .first()
    .click()
  await page.waitForURL(new RegExp(`carrier=${name}`))
}

const firstRow = (name: RegExp) => async (page: Page) => {
  await page.getByRole('row', { name }).first().click()
  await page.getByRole('heading', { name: 'Verdict', exact: true }).waitFor()
}

/** Evidence is a button that leads the time axis to its moment. */
const evidence = (name: RegExp) => async (page: Page) => {
  await page.getByRole('region', { name: 'Verdict' }).getByRole('button', { name }).first().click()
  await page.waitForURL(/from=\d+/)
}

export const tours: readonly Tour[] = [
  {
    name: 'carrier',
    title: 'A carrier that turned bad',
    clicks: [now, worst('northtel'), firstRow(/northtel.*Poor/)],
    // One call alone cannot tell a carrier from the access behind it, and says so: it is the share of all its calls that does.
    evidence: [/carrier northtel/],
  },
  {
    name: 'one-way-audio',
    title: 'One party heard nothing',
    clicks: [chip(/^One-way audio/), firstRow(/Poor/), evidence(/heard nothing/i)],
    evidence: [/heard nothing from/i],
  },
  {
    name: 'platform',
    title: 'The platform itself',
    clicks: [
      chip(/^Platform operation failed/),
      firstRow(/Poor|Degraded/),
      evidence(/Spans? failed|did not answer|RelayMedia/i),
    ],
    evidence: [/Whose side\s*Platform/i],
  },
  {
    name: 'client',
    title: 'A device that could not keep up',
    clicks: [chip(/^Client short of resources/), firstRow(/Poor|Degraded/), evidence(/./)],
    evidence: [/Whose side\s*Client device/i],
  },
]
