/** An error as a server tells it: `Code: 241. DB::Exception: … (MEMORY_LIMIT_EXCEEDED)`. */
export class FrontError extends Error {
  readonly code: number
  readonly type: string
  constructor(code: number, type: string, message: string) {
    super(message)
    this.code = code
    this.type = type
  }
}

const badRequest = [6, 7, 15, 26, 27, 36, 38, 41, 43, 44, 53, 62, 69, 72, 117, 166, 167, 168, 376, 427, 441, 675, 676]
const notFound = [46, 47, 48, 50, 56, 60, 73, 78, 81, 115, 132, 511]

/** The server's own table (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp), as far as its errors can come from here. */
const statuses = new Map<number, number>([
  [194, 401],
  ...[192, 193, 497, 512, 516].map((code) => [code, 403] as const),
  ...badRequest.map((code) => [code, 400] as const),
  ...notFound.map((code) => [code, 404] as const),
  [291, 413],
  [48, 501],
  [209, 503],
  [76, 503],
  [439, 503],
  [381, 411],
  [159, 408],
])

export const statusOf = (code: number): number => statuses.get(code) ?? 500

/** What an engine's or our own error is in a server's words. */
export function errorText(error: unknown): { readonly code: number; readonly body: string } {
  const version = ' (version 26.7.2.1 (official build))\n'
  if (error instanceof FrontError) {
    return { code: error.code, body: `Code: ${error.code}. DB::Exception: ${error.message} (${error.type})${version}` }
  }
  const { cause, message } = error as { cause?: { message?: string }; message?: string }
  const told = cause?.message ?? message ?? 'unknown'
  const code = /^Code: (\d+)\./.exec(told)?.[1]
  if (code !== undefined) return { code: Number(code), body: `${told}${version}` }
  return { code: 1001, body: `Code: 1001. DB::Exception: ${told}. (STD_EXCEPTION)${version}` }
}
