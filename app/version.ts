import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (): string => {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Version of this program, as package.json has it. */
export const version: string = read()

/** What is running: the image says which revision it was built from, and nothing else does. */
export const build = {
  version,
  revision: process.env.SOURCE_REVISION ?? 'unknown',
  node: process.version,
} as const
