import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseSafely } from './parse.ts'

const schema = z.strictObject({ name: z.string().min(1).max(9) })

test('what Zod throws over is refused like all else that is wrong', () => {
  const hostile = JSON.parse('{"name":{"length":{"toString":1,"valueOf":1}}}')
  // Should this no longer throw, this file has done its work.
  expect(() => schema.safeParse(hostile)).toThrow(TypeError)
  expect(parseSafely(schema, hostile)).toMatchObject({
    success: false,
    error: { issues: [{ code: 'custom', path: [] }] },
  })
})

test('everything else is what the schema says', () => {
  expect(parseSafely(schema, { name: 'a' })).toEqual({ success: true, data: { name: 'a' } })
  expect(parseSafely(schema, { name: '' }).error?.issues).toEqual(schema.safeParse({ name: '' }).error?.issues)
})
