import { callMessagesEn } from '../call/messages-en.ts'
import { callsEn } from './calls-en.ts'
import { importEn } from './import-en.ts'
import { nowEn } from './now-en.ts'
import { shellEn } from './shell-en.ts'
import { wordsEn } from './words-en.ts'

/** Everything the page says. Other languages say the same, key by key. */
export const en = {
  ...shellEn,
  ...wordsEn,
  ...callsEn,
  ...nowEn,
  ...importEn,
  ...callMessagesEn,
} as const
