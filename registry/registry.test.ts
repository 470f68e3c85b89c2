import { describeRegistry } from '#tests/promises/registry.ts'
import { describeRegistryLiveness } from '#tests/promises/registry-liveness.ts'
import { openPgliteDatabase } from './pglite-database.ts'

describeRegistry('PGlite', () => openPgliteDatabase(undefined))
describeRegistryLiveness('PGlite', () => openPgliteDatabase(undefined))
