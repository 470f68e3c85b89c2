import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (): string => {
  const text = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Version of this program, as package.json has it. */
export const version: string = read()
