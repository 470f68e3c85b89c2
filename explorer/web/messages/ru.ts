import { callMessagesRu } from '../call/messages-ru.ts'
import type { Catalogue } from '../messages.ts'
import { callsRu } from './calls-ru.ts'
import { importRu } from './import-ru.ts'
import { nowRu } from './now-ru.ts'
import { shellRu } from './shell-ru.ts'
import { wordsRu } from './words-ru.ts'

export const ru: Catalogue = {
  ...shellRu,
  ...wordsRu,
  ...callsRu,
  ...nowRu,
  ...importRu,
  ...callMessagesRu,
}
