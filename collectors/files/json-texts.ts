import type { LineLimits } from './read-lines.ts'
import { readDocument, readLines } from './read-lines.ts'

/** One JSON value of a file, still as text. */
export interface JsonText {
  /** Counts from 1; 0 where the file is one value. */
  readonly line: number
  readonly text: string
  /** Why there is no text to read, naming bound or damage. */
  readonly tooLarge: string | undefined
  /** False where the file ends inside the value, perhaps. */
  readonly complete: boolean
}

/** How a JSON value that is spread over lines begins: brackets, perhaps a first key, and nothing more. */
const opening = /^[\s[{]*("[^"]*"\s*:\s*[[{]*\s*)?$/

/** The JSON values of a file: one to a line, or one document that is spread over lines and read whole up to its bound. */
export async function* readJsonTexts(
  path: string,
  limits: LineLimits & { readonly maxDocumentBytes: number },
): AsyncGenerator<JsonText> {
  if (await isDocument(path, limits)) {
    const text = await readDocument(path, limits.maxDocumentBytes)
    const tooLarge =
      text === undefined ? 'file: is longer than this import reads whole; send one value to a line' : undefined
    return yield { line: 0, text: text ?? '', tooLarge, complete: true }
  }
  for await (const { number, text, tooLong, complete } of readLines(path, limits)) {
    const tooLarge = tooLong ? 'line: is longer than this import allows' : undefined
    if (tooLong || text.trim() !== '') yield { line: number, text, tooLarge, complete }
  }
}

async function isDocument(path: string, limits: LineLimits): Promise<boolean> {
  for await (const { text, tooLong } of readLines(path, limits)) {
    if (tooLong) return false
    if (text.trim() !== '') return opening.test(text)
  }
  return false
}
