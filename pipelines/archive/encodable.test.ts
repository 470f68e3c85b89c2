import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { encodable } from './encodable.ts'
import type { EncodeFile } from './files.ts'

const record = (offset: number): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset, logTimeMs: 1_000, key: null, headers: {}, value: 'x' },
})
const cut = (...offsets: readonly number[]) => ({
  ...{ topic: 'call-events', partition: 0, epoch: 0, fromOffset: 0, toOffset: 9, lastLogMs: 1_000 },
  records: offsets.map(record),
})
const throwsOver =
  (...bad: readonly number[]): EncodeFile =>
  async (records) => {
    if (records.some(({ offset }) => bad.includes(offset))) throw new RangeError('no such file')
    return new Uint8Array()
  }
const parts = (encode: EncodeFile) => ({ tenantOf: () => 'acme', encode, fault: new Error('the fault') })

test('of a cut that cannot be encoded the guilty messages are dead letters, and the rest keeps its bounds', async () => {
  const { cut: rest, parked } = await encodable(cut(1, 2, 3), parts(throwsOver(2)))
  expect(rest).toEqual({ ...cut(1, 3) })
  expect(parked).toMatchObject([{ record: record(2), reason: 'internal_error' }])
})

test('a fault that is no message’s is thrown on: all of them would be dead letters for nothing', async () => {
  await expect(encodable(cut(1, 2), parts(throwsOver(1, 2)))).rejects.toThrow('the fault')
  await expect(encodable(cut(1, 2), parts(throwsOver()))).rejects.toThrow('the fault')
})
