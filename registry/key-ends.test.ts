import { describeRegistryKeys } from '#tests/promises/registry-keys.ts'
import { openPgliteDatabase } from './pglite-database.ts'

describeRegistryKeys('PGlite', () => openPgliteDatabase(undefined))
