import { describeRegistry } from '#tests/promises/registry.ts'
import { openPgliteDatabase } from './pglite-database.ts'

describeRegistry('PGlite', () => openPgliteDatabase(undefined))
