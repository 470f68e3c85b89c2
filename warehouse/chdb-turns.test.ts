import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectWarehouse, rowsOf } from './client.ts'

test('what a failed query had written is never given to the next one', async () => {
  const client = await connectWarehouse({ location: { path: mkdtempSync(join(tmpdir(), 'callscope-turns-')) } })
  const failing = rowsOf(client, 'SELECT throwIf(number = 70000) FROM (SELECT number FROM system.numbers LIMIT 200000)')
  const next = rowsOf(client, "SELECT 'mine'")
  await expect(failing).rejects.toThrow(/395/)
  expect(await next).toEqual([['mine']])
  expect(await rowsOf(client, "SELECT 'mine, too'")).toEqual([['mine, too']])
  await client.close()
})
