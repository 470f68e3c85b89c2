import type { callsEn } from './calls-en.ts'
import type { Same } from './same.ts'

export const callsRu: Same<typeof callsEn> = {}
