import { afterEach, describe, expect, test } from 'vitest'
import type { Sink } from '#contracts/sink.ts'

export interface SinkUnderTest<Row> {
  readonly sink: Sink<Row>
  /** So many good rows, each another. */
  rows(count: number): readonly Row[]
  /** A row that the store will never take. */
  guilty(): Row
  /** Rows that the store holds, equal ones once. */
  stored(): Promise<number>
  /** The store takes requests and no longer answers; left out where it is part of this process. */
  hang?(): void
  /** Release the store. Called once, after the sink is closed. */
  dispose(): Promise<void>
}

const never = new AbortController().signal

/** The promises of a `Sink`. Every sink runs them against its own kind of store. */
export function describeSinkPromises<Row>(name: string, make: () => Promise<SinkUnderTest<Row>>): void {
  let made: SinkUnderTest<Row> | undefined
  const open = async (): Promise<SinkUnderTest<Row>> => {
    made = await make()
    return made
  }
  afterEach(async () => {
    await made?.sink.close()
    await made?.dispose()
    made = undefined
  })

  describe(`the ${name} sink keeps the promises of a sink`, () => {
    test('rows delivered again, by the same batch or another, are stored once', async () => {
      const { sink, rows, stored } = await open()
      const batch = rows(100)
      for (const again of [batch, batch, [...batch], [...batch].reverse()]) {
        expect(await sink.deliver(again, never)).toEqual({ type: 'delivered' })
      }
      expect(await stored()).toBe(100)
    })

    test('nothing to deliver is delivered', async () => {
      const { sink } = await open()
      expect(await sink.deliver([], never)).toEqual({ type: 'delivered' })
    })

    test('only the guilty rows are refused, with a reason that quotes nothing of them, and all others stored', async () => {
      const { sink, rows, guilty, stored } = await open()
      const bad = guilty()
      const delivery = await sink.deliver([...rows(60), bad, ...rows(100).slice(60)], never)
      expect(delivery.type === 'refused' ? delivery.rows.map(({ row }) => row === bad) : delivery).toEqual([true])
      expect(delivery.type === 'refused' && delivery.rows[0]?.detail).not.toContain('GUILTY')
      expect(await stored()).toBe(100)
    })

    test('a deadline ends a delivery that waits for its store: the rows come again', async () => {
      const { sink, rows, hang, stored } = await open()
      if (hang === undefined) return
      hang()
      const deadline = AbortSignal.timeout(50)
      expect(await sink.deliver(rows(10), deadline)).toMatchObject({ type: 'retry' })
      expect(await stored()).toBe(0)
    })
  })
}
