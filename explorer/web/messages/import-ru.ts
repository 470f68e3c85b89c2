import type { importEn } from './import-en.ts'
import type { Same } from './same.ts'

export const importRu: Same<typeof importEn> = {}
