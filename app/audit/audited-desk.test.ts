import { expect, test } from 'vitest'
import { aServer, emptyDesk } from '#collectors/http/http-for-tests.ts'
import type { ActEnd, AuditTrail } from '#contracts/audit-trail.ts'
import { auditedDesk, commandActor, deskActs } from './audited-desk.ts'

function aDesk(parts = emptyDesk) {
  const noted: (Partial<ActEnd> & { action?: string })[] = []
  const trail: AuditTrail = {
    async begin(act) {
      noted.push(act)
      return (end) => void noted.push(end)
    },
    denied: () => undefined,
  }
  return { desk: auditedDesk(parts, trail, commandActor()), noted }
}

test('acts of commands are called as the routes that do the same; every such route has its command', async () => {
  const { paths } = (await aServer().app.inject({ method: 'GET', url: '/api/openapi.json' })).json<{
    paths: Record<string, Record<string, { security: object[] }>>
  }>()
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => security.length > 0 && security.every((way) => Object.keys(way).length > 0))
      .map(([method]) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const acts = Object.values(deskActs).flatMap((methods) =>
    Object.values(methods as Record<string, 'reads' | { route: string }>).flatMap((act) =>
      act === 'reads' ? [] : [act.route],
    ),
  )
  expect(acts.toSorted()).toEqual(routes.toSorted())
})

test('a command on a folder leaves an event before the act and one after, with the user of the machine', async () => {
  const { desk, noted } = aDesk()
  await desk.keys.create({ tenant: 'acme', role: 'reader', label: 'Ann' })
  expect(noted).toMatchObject([
    { action: 'POST /api/keys', tenant: 'acme', actor: { peer: 'local', id: expect.stringMatching(/^cli:/) } },
    { outcome: 'done', tenant: 'acme', target: 'key_new' },
  ])
  expect(JSON.stringify(noted)).not.toMatch(/csk_|Ann/)
})

test('looking at calls leaves none', async () => {
  const { desk, noted } = aDesk()
  await desk.calls.whole('acme', 'c1')
  expect(noted).toEqual([])
})

test('a refused command says so, and throws as before', async () => {
  const refusal = Object.assign(new Error('only SELECT'), { statusCode: 400 })
  const { desk, noted } = aDesk({ ...emptyDesk, sql: { query: () => Promise.reject(refusal) } })
  await expect(desk.sql.query('DROP TABLE x')).rejects.toBe(refusal)
  expect(noted.at(-1)).toEqual({ outcome: 'refused', status: 400 })
})

test('an act of a command that cannot be noted is not done', async () => {
  let done = false
  const runs = {
    list: async () => {
      done = true
      return []
    },
  }
  const trail: AuditTrail = { begin: () => Promise.reject(new Error('full')), denied: () => undefined }
  const desk = auditedDesk({ ...emptyDesk, runs }, trail, commandActor())
  await expect(desk.runs.list(1)).rejects.toThrow('cannot be noted in the audit log, and is not done: full')
  expect(done).toBe(false)
})
