import type { Browser, CDPSession, Page } from 'playwright-core'
import { contextOptions, launch } from '#tests/browser/chromium.ts'
import { type Program, startProgram } from '#tests/browser/program.ts'
import type { BenchCase } from '../bench-case.ts'
import { median, quantile, wait } from '../measure.ts'

const id = 'bench-long-call'
const tenant = 'default'
const hourMs = 3_600_000

/** How soon the page of a long call is there, and how smoothly it moves: by the browser's own clock and tracing. */
export const page: BenchCase = {
  name: 'page',
  title: 'the page of a call of four hours in the browser',
  async run({ quick, note }) {
    const sizes = { streams: 8, samples: quick ? 2_000 : 20_000, hours: 4, opens: quick ? 2 : 7, panSeconds: 4 }
    const program = await startProgram()
    const browser = await launch()
    try {
      note(`sending a call of ${sizes.samples} samples`)
      await sendLongCall(program, sizes)
      const opens: number[] = []
      const blanks: number[] = []
      for (let at = 0; at < sizes.opens; at++) {
        opens.push(await openMs(browser, `${program.url}/calls/${id}`))
        blanks.push(await openMs(browser, `${program.url}/import`))
      }
      note('panning')
      const frames = await panFrames(browser, `${program.url}/calls/${id}`, sizes.panSeconds)
      return {
        sizes,
        figures: {
          openMedianMs: median(opens),
          openMaxMs: quantile(opens, 1),
          emptyPageMedianMs: median(blanks),
          framesPerSecond: frames.perSecond,
          longestFrameMs: frames.longestMs,
        },
        ratios: { callToEmptyPage: median(opens) / median(blanks) },
        aims: [
          {
            what: 'a call of 4 h, 8 streams, 20,000 samples opens, ms',
            aim: 1_000,
            better: 'less',
            got: median(opens),
          },
          { what: 'frames a second while it pans', aim: 30, better: 'more', got: frames.perSecond },
        ],
        notes: [
          'Opened: from the start of the navigation until the axis and the lanes of all streams are drawn and the browser has painted them; browser and server share the cores, and nothing is cached.',
          'Frames: those that the compositor has drawn, by the trace of the browser, while the pointer pans to and fro. Chromium without a GPU.',
        ],
      }
    } finally {
      await browser.close()
      await program.remove()
    }
  },
}

async function openMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext(contextOptions({}))
  const opened = await context.newPage()
  await opened.goto(url, { waitUntil: 'commit' })
  await drawn(opened, url)
  const ms = (await opened.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))',
  )) as number
  await context.close()
  return ms
}

async function drawn(opened: Page, url: string): Promise<void> {
  if (url.includes('/calls/')) await opened.getByRole('slider').nth(20).waitFor()
  else await opened.getByRole('heading', { level: 1 }).waitFor()
}

/** Frames that were drawn while the pointer pans. */
async function panFrames(browser: Browser, url: string, seconds: number) {
  const context = await browser.newContext(contextOptions({}))
  const opened = await context.newPage()
  await opened.goto(url)
  await drawn(opened, url)
  await opened.getByRole('button', { name: 'Zoom in' }).click()
  const lane = opened.getByRole('slider').nth(3)
  const box = await lane.boundingBox()
  if (box === null) throw new Error('no lane to pan')
  const session = await context.newCDPSession(opened)
  const times = await traced(session, async () => {
    const middle = box.y + box.height / 2
    await opened.keyboard.down('Shift')
    await opened.mouse.move(box.x + box.width / 2, middle)
    await opened.mouse.down()
    const until = performance.now() + 1_000 * seconds
    for (let step = 0; performance.now() < until; step++) {
      await opened.mouse.move(box.x + box.width * (0.5 + 0.3 * Math.sin(step / 15)), middle)
    }
    await opened.mouse.up()
    await opened.keyboard.up('Shift')
  })
  await context.close()
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at))
  const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
  return { perSecond: (1_000 * gaps.length) / spanMs, longestMs: Math.max(...gaps) }
}

interface TraceEvent {
  readonly name: string
  readonly ts: number
}

/** Times of drawn frames, milliseconds. */
async function traced(session: CDPSession, work: () => Promise<void>): Promise<readonly number[]> {
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()))
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: [
        'disabled-by-default-devtools.timeline.frame',
        'devtools.timeline.frame',
        'devtools.timeline',
      ],
    },
  })
  await work()
  await session.send('Tracing.end')
  await complete
  return events
    .filter(({ name }) => name === 'DrawFrame')
    .map(({ ts }) => ts / 1_000)
    .sort((a, b) => a - b)
}

interface CallSize {
  readonly streams: number
  readonly samples: number
  readonly hours: number
}

async function sendLongCall(program: Program, { streams, samples, hours }: CallSize): Promise<void> {
  const lastMs = hours * hourMs
  const startMs = Date.now() - lastMs - 60_000
  const perStream = samples / streams
  const intervalMs = Math.floor(lastMs / perStream)
  const event = (name: string, type: string, atMs: number, data: object) => ({
    ...{ specversion: '1.0', id: `bench-${name}`, source: '/bench', type, time: new Date(atMs).toISOString() },
    ...{ tenantid: tenant, correlationid: id, data: { call_id: id, ...data } },
  })
  const events: object[] = [
    event('start', 'call.started', startMs, { codec: 'PCMU', from: '+4915112345678', to: '+4915187654321' }),
    event('answer', 'call.answered', startMs + 2_000, {}),
    event('end', 'call.ended', startMs + lastMs + 5_000, { sip_code: 200, q850_cause: 16 }),
  ]
  for (let stream = 0; stream < streams; stream++) {
    for (let at = 1; at <= perStream; at++) {
      const lost = (at * 7 + stream) % 97 < 3 ? 40 : (at + stream) % 5
      events.push(
        event(`${stream}-${at}`, 'quality.sample', startMs + 2_000 + at * intervalMs, {
          ...{
            leg_id: `leg-${stream >> 1}`,
            direction: stream % 2 === 0 ? 'send' : 'receive',
            observer: 'media_server',
          },
          ...{ interval_ms: intervalMs, packets_received: 250, packets_lost: lost, codec: 'PCMU' },
          ...{ jitter_ms: 5 + ((at * 13) % 20), round_trip_ms: 60 + ((at * 17) % 80) },
        }),
      )
    }
  }
  for (let from = 0; from < events.length; from += 1_000) {
    const answer = await fetch(`${program.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(events.slice(from, from + 1_000)),
    })
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  }
  for (let tries = 0; ; tries++) {
    await wait(1_000)
    const answer = await fetch(`${program.url}/api/calls/${id}/samples`)
    const found = answer.ok ? ((await answer.json()) as { streams: { endMs: number[] }[] }) : { streams: [] }
    if (found.streams.reduce((sum, { endMs }) => sum + endMs.length, 0) >= samples && (await isEnded(program))) return
    if (tries > 120) throw new Error('the call was not there in two minutes')
  }
}

async function isEnded({ url }: Program): Promise<boolean> {
  const { record } = (await (await fetch(`${url}/api/calls/${id}`)).json()) as {
    record: { streams: unknown[]; endedMs?: number }
  }
  return record.endedMs !== undefined && record.streams.length === 8
}
