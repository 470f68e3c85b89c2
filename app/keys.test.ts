import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aFolder, run } from './cli-for-tests.ts'

const folder = aFolder()
const here = ['--data-dir', folder]
let child: ChildProcess | undefined
let url: string
let before: { readonly id: string; readonly key: string }

const json = async (...args: string[]) => {
  const { exit, out } = await run(...args, ...here, '--json')
  return { exit, value: JSON.parse(out) }
}

beforeAll(async () => {
  // On the folder itself: no process has it yet.
  before = (await json('keys', 'create', '--tenant', 'default', '--role', 'reader', '--label', 'wall')).value
  child = spawn(
    join(import.meta.dirname, '../node_modules/.bin/node'),
    [join(import.meta.dirname, 'callscope.ts'), 'up', '--port', '0', '--json', ...here],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CALLSCOPE_LOG_LEVEL: 'error' } },
  )
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  url = (JSON.parse(said.toString()) as { url: string }).url
}, 120_000)
afterAll(() => void child?.kill('SIGKILL'))

const reads = async (key: string) =>
  (await fetch(`${url}/api/session`, { headers: { authorization: `Bearer ${key}` } })).status

interface ActRow {
  readonly subject: string
  readonly action: string
  readonly outcome: string
  readonly target: string
}

async function acts(): Promise<readonly ActRow[]> {
  const names = ['subject', 'action', 'outcome', 'target'] as const
  const query = `SELECT subject, JSONExtractString(data, 'action') AS action, JSONExtractString(data, 'outcome') AS outcome,
    JSONExtractString(data, 'target_id') AS target FROM audit_log FINAL WHERE type = 'audit.administration' ORDER BY time`
  const { value } = await json('sql', query)
  return (value.rows as string[][]).map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])) as never)
}

async function actsWith(expected: Partial<ActRow>): Promise<readonly ActRow[]> {
  let known: readonly ActRow[] = []
  for (let tries = 0; tries < 60; tries++) {
    known = await acts()
    if (known.some((act) => Object.entries(expected).every(([name, value]) => act[name as keyof ActRow] === value)))
      return known
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return known
}

test('a key made on the folder opens the server, and is refused at once when it is revoked through it', async () => {
  expect(before.id).toMatch(/^key_[0-9a-f]{16}$/)
  expect(await reads(before.key)).toBe(200)
  const made = await json('keys', 'create', '--tenant', 'default', '--role', 'reader', '--expires', '90d')
  expect(made.value.expiresMs).toBeGreaterThan(Date.now() + 89 * 86_400_000)
  expect(await reads(made.value.key)).toBe(200)

  expect((await json('keys', 'revoke', before.id)).value).toMatchObject({ id: before.id })
  expect(await reads(before.key)).toBe(401)
  expect(await reads(made.value.key)).toBe(200)
  const { keys } = (await json('keys', 'list')).value as { keys: { id: string; state: string }[] }
  expect(keys.find(({ id }) => id === before.id)?.state).toBe('revoked')
  expect(keys.find(({ id }) => id === made.value.id)?.state).toBe('active')
  expect(JSON.stringify(keys)).not.toContain(made.value.key)
  expect((await run('keys', 'list', ...here)).out).toMatch(/ID\s+TENANT[\s\S]*LAST USED[\s\S]*STATE/)
  expect(await json('keys', 'revoke', 'key_of_nothing')).toMatchObject({ exit: 3 })
  expect(await json('keys', 'create', '--tenant', 'default', '--expires', 'soon')).toMatchObject({ exit: 2 })
})

test('what was done on the folder and through the server is in the audit log, by whom, before it and after', async () => {
  const known = await actsWith({ action: 'POST /api/keys/:id/revoke', outcome: 'done' })
  expect(known).toContainEqual(
    expect.objectContaining({
      ...{ subject: expect.stringMatching(/^cli:/), action: 'POST /api/keys' },
      ...{ outcome: 'done', target: before.id },
    }),
  )
  const revokes = known.filter(({ action, target }) => action.endsWith('revoke') && target === before.id)
  expect(revokes.map(({ subject, outcome }) => [subject, outcome])).toEqual([
    ['administrator-token', 'begun'],
    ['administrator-token', 'done'],
  ])
})
