import type { ClickHouseClient } from '@clickhouse/client'
import { type NowFigures, type WorstDimension, type WorstOf, worstDimensions } from '#contracts/call-charts.ts'
import type { CallClass } from '#contracts/call-record.ts'
import { rowsOf } from '../client.ts'
import { readBlindTimes } from './blind-times.ts'
import { momentOf, ofTenants, whereOf } from './conditions.ts'
import { readTalk, type TalkWindow } from './now-talk.ts'

/** What holds now: calls that started in the window, those that go on, and how the talk in it sounded. */
export async function readNow(client: ClickHouseClient, window: TalkWindow): Promise<NowFigures> {
  const [activeCalls, started, worst, blind, talk] = await Promise.all([
    countActive(client, window),
    countStarted(client, window),
    readWorst(client, window),
    readBlindTimes(client, window),
    readTalk(client, window),
  ])
  const classes = { good: 0, degraded: 0, poor: 0, unclassified: 0, ...Object.fromEntries(started) }
  const { fromMs, untilMs } = window
  return {
    ...{ fromMs, untilMs, activeCalls, classes, worst, blind },
    startedCalls: started.reduce((sum, [, calls]) => sum + calls, 0),
    ...talk,
  }
}

const paramsOf = ({ tenant, fromMs, untilMs }: TalkWindow) => ({
  ...ofTenants(tenant).params,
  ...{ fromMs, untilMs },
})
const ofTenant = ({ tenant }: TalkWindow): string => `${whereOf(ofTenants(tenant))} AND`

/** An open record is due when it has been silent for too long: what is overdue by the window has been silent all through it. */
async function countActive(client: ClickHouseClient, window: TalkWindow): Promise<number> {
  const open = `${ofTenant(window)} state = 'open' AND is_deleted = 0 AND next_due > ${momentOf('fromMs')}`
  const [row] = await rowsOf<[number]>(
    client,
    `SELECT count() FROM calls FINAL WHERE (tenant, at, id) IN (SELECT tenant, at, id FROM calls WHERE ${open}) AND ${open}`,
    paramsOf(window),
  )
  return row?.[0] ?? 0
}

const inWindow = (window: TalkWindow): string =>
  `${ofTenant(window)} at >= ${momentOf('fromMs')} AND at < ${momentOf('untilMs')} AND is_deleted = 0`

const countStarted = (client: ClickHouseClient, window: TalkWindow): Promise<[CallClass, number][]> =>
  rowsOf(client, `SELECT class, count() FROM calls FINAL WHERE ${inWindow(window)} GROUP BY class`, paramsOf(window))

/** Rows of each list: what is worth a look comes first. */
const maxWorst = 20

type WorstRow = readonly [WorstDimension, value: string, calls: number, bad: number, poor: number, unclassified: number]

async function readWorst(client: ClickHouseClient, window: TalkWindow): Promise<NowFigures['worst']> {
  const pairs = worstDimensions.map((name) => `('${name}', toString(${name}))`).join(', ')
  const rows = await rowsOf<WorstRow>(
    client,
    `SELECT dimension.1 AS name, dimension.2 AS value, sum(alike) AS calls,
       sumIf(alike, class IN ('degraded', 'poor')) AS bad, sumIf(alike, class = 'poor'), sumIf(alike, class = 'unclassified') AS unknown,
       ${wilsonLow('bad', 'calls - unknown')} AS surely_bad
     FROM (
       SELECT alike, class, arrayJoin([${pairs}]) AS dimension
       FROM (
         SELECT ${worstDimensions.join(', ')}, class, count() AS alike FROM calls FINAL WHERE ${inWindow(window)}
         GROUP BY ${worstDimensions.join(', ')}, class)
     )
     WHERE dimension.2 != ''
     GROUP BY name, value ORDER BY surely_bad DESC, calls DESC, value LIMIT {maxWorst:UInt32} BY name`,
    { ...paramsOf(window), maxWorst },
  )
  return Object.fromEntries(
    worstDimensions.map((name) => [name, rows.filter(([of]) => of === name).map(worstOf)]),
  ) as unknown as NowFigures['worst']
}

const worstOf = ([, value, calls, bad, poor, unclassified]: WorstRow): WorstOf => ({
  ...{ value, calls, bad, poor, unclassified },
})

/**
 * Lower end of the 95 % interval of a share (Wilson 1927): one bad call of one is less sure to be a bad carrier than
 * ninety of a hundred.
 */
const wilsonLow = (part: string, whole: string): string =>
  `if(${whole} = 0, 0, (${part} + 1.92 - 1.96 * sqrt(${part} * (${whole} - ${part}) / (${whole}) + 0.96)) / (${whole} + 3.84))`
