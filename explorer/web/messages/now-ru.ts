import type { nowEn } from './now-en.ts'
import type { Same } from './same.ts'

export const nowRu: Same<typeof nowEn> = {}
