import { expect, test } from 'vitest'
import { createTenantCache } from './tenant-cache.ts'

test('tenants that another process has added are known on a second look, and a registry that is away is not waited for', async () => {
  const ids = ['acme']
  let away = false
  const tenants = await createTenantCache({
    tenants: () => (away ? new Promise(() => undefined) : Promise.resolve(ids.map((id) => ({ id, name: id })))),
  })
  expect(await tenants.learn()).toBe(false)
  ids.push('globex')
  expect([tenants.known().has('globex'), await tenants.learn(), tenants.known().has('globex')]).toEqual([
    false,
    true,
    true,
  ])
  away = true
  expect([await tenants.learn(), tenants.known().size]).toEqual([false, 2])
})
