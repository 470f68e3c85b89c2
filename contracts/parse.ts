import { z } from 'zod'

/**
 * `schema.safeParse` for what others have sent. Zod 4 throws over some JSON: it compares what calls itself a length before it
 * knows its kind, and `{"length": {"toString": 1, "valueOf": 1}}` is nothing that can be compared. Such a value is refused.
 */
export function parseSafely<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(value)
  } catch {
    const message = 'a field holds an object where text or a list belongs'
    const error = new z.ZodError([{ code: 'custom', path: [], message, input: undefined }])
    return { success: false, error: error as z.ZodError<z.output<Schema>> }
  }
}
