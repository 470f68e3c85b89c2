import { expect, test } from 'vitest'
import { createAdmission } from './admission.ts'

test('one tenant may hold half of what there is, all together no more than there is', () => {
  const admission = createAdmission(100)
  const release = admission.reserve('acme', 50)
  expect(() => admission.reserve('acme', 1)).toThrow(expect.objectContaining({ status: 429, retryAfterSeconds: 1 }))
  admission.reserve('globex', 50)
  expect(() => admission.reserve('initech', 1)).toThrow(expect.objectContaining({ status: 503, retryAfterSeconds: 1 }))
  release()
  release()
  admission.reserve('initech', 50)
})

test('a body larger than the whole capacity is taken when nothing else is in hand', () => {
  const admission = createAdmission(10)
  admission.reserve('acme', 20)()
  admission.reserve('acme', 20)()
})
