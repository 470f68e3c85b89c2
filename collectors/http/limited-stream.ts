import { tooLarge } from './body.ts'

/** The same bytes, until there are more of them than allowed. */
export async function* limited(content: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<Uint8Array> {
  let seen = 0
  for await (const chunk of content) {
    seen += chunk.length
    if (seen > limitBytes) throw tooLarge(limitBytes)
    yield chunk
  }
}
