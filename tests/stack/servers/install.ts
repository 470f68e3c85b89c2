import { cacheFolder } from './cache.ts'
import { buildGo } from './go-build.ts'
import { installKafka } from './kafka.ts'
import { findPostgres } from './postgres.ts'
import { goPrograms } from './programs.ts'

/**
 * Everything that the servers need, once: `node tests/stack/servers/install.ts`. Starting them does the same; apart from
 * that, a cold build has a time of its own, and says how long each part took.
 */
const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['postgresql', async () => findPostgres()],
  ['kafka', installKafka],
  ...goPrograms.map((program) => [program.name, () => buildGo(program)] as const),
]

for (const [name, install] of steps) {
  const began = Date.now()
  await install()
  console.log(`${name}: ${((Date.now() - began) / 1_000).toFixed(1)} s`)
}
console.log(`kept in ${cacheFolder}`)
