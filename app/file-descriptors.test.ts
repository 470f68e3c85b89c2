import { expect, test } from 'vitest'
import { connectionsWithin, fileDescriptors } from './file-descriptors.ts'

const proc = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             62000                62000                processes
Max open files            ${soft.padEnd(20)} 1048576              files
`

test('the limit of open files is read where the system says it', () => {
  expect(fileDescriptors(() => proc('1024'))).toBe(1_024)
  expect(fileDescriptors(() => proc('unlimited'))).toBeUndefined()
  expect(
    fileDescriptors(() => {
      throw new Error('ENOENT')
    }),
  ).toBeUndefined()
})

test('connections leave three quarters of the file descriptors to the stores', () => {
  expect(connectionsWithin(512, 1_024)).toBe(256)
  expect(connectionsWithin(512, 20_000)).toBe(512)
  expect(connectionsWithin(512, undefined)).toBe(512)
  expect(connectionsWithin(512, 32)).toBe(16)
})
