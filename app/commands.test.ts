import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aFolder, run } from './cli-for-tests.ts'

const commands = [
  'up',
  'calls',
  'call',
  'import',
  'replay',
  'simulate',
  'mos',
  'sql',
  'runs',
  'dead-letters',
  'keys',
  'profiles',
  'links',
  'erase',
  'erasures',
  'migrate',
  'doctor',
]

test.each(commands)('%s --help shows examples', async (command) => {
  const { exit, out } = await run(command, '--help')
  expect(exit).toBe(0)
  expect(out).toMatch(/Examples:\n {2}callscope /)
  expect(out).toContain('--json')
})

test('mos prints one JSON value, with every intermediate value', async () => {
  const { exit, out } = await run('mos', '--codec', 'G.711', '--loss', '0', '--delay', '0', '--json')
  expect(exit).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    conversational: { mos: expect.closeTo(4.41, 2), r: expect.closeTo(93.2, 1) },
    intermediate: { ro: expect.closeTo(94.77, 2) },
  })
})

test('a wrong option, argument or setting is exit code 2, with the fix', async () => {
  expect(await run('mos', '--codec', 'nonsense', '--loss', '1')).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/--codec: .*unknown/),
  })
  expect(await run('mos', '--codec', 'G.711', '--loss', 'much')).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/must be a number/),
  })
  expect(await run('calls', '--class', 'awful')).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/good, degraded, poor/),
  })
  expect(await run('cals')).toMatchObject({ exit: 2, err: expect.stringMatching(/Did you mean one of call, calls/) })
  expect(await run('calls', '--since', 'yesterday', '--data-dir', aFolder())).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/--since: must be/),
  })
})

test('with --json an error is one JSON value, too', async () => {
  const { exit, out } = await run('import', '/nowhere.jsonl', '--json', '--data-dir', aFolder())
  expect(exit).toBe(3)
  expect(JSON.parse(out)).toEqual({ error: 'not a file: /nowhere.jsonl', exit: 3 })
})

test('simulate gives the same traffic for the same seed, and truth beside it', async () => {
  const folder = aFolder()
  const simulate = (out: string) =>
    run(
      'simulate',
      '--seed',
      '5',
      '--calls',
      '3',
      '--start',
      '2026-05-01T10:00:00Z',
      '--out',
      join(folder, out),
      '--truth',
      join(folder, 'truth.json'),
      '--json',
    )
  const first = JSON.parse((await simulate('a')).out)
  await simulate('b')
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe(readFileSync(join(folder, 'b'), 'utf8'))
  expect(readFileSync(join(folder, 'a'), 'utf8').trim().split('\n')).toHaveLength(first.totals.messages)
  expect(JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')).calls).toHaveLength(3)
})

test('a data folder from the future, and a port in use, are clear errors', async () => {
  const folder = aFolder()
  writeFileSync(join(folder, 'format.json'), '{"version": 99}')
  expect(await run('calls', '--data-dir', folder)).toMatchObject({
    exit: 6,
    err: expect.stringMatching(/newer callscope/),
  })
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  expect(await run('up', '--port', String(port), '--data-dir', aFolder())).toMatchObject({
    exit: 5,
    err: expect.stringMatching(/is in use.*--port/),
  })
  other.close()
})

test('doctor lists every setting', async () => {
  const { out } = await run('doctor', '--settings', '--json')
  expect(JSON.parse(out).settings).toContainEqual(
    expect.objectContaining({ path: 'sql.memoryMiB', variable: 'CALLSCOPE_SQL_MEMORY_MIB', default: 1024 }),
  )
})
