/** Why a store did not take a batch. Messages of errors hold addresses and values: they are no labels. */
export function retryReason(cause: Error & { readonly code?: unknown }): 'timeout' | 'unreachable' | 'store_error' {
  if (cause.name === 'TimeoutError' || cause.name === 'AbortError') return 'timeout'
  const code = typeof cause.code === 'string' ? cause.code : ''
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') return 'timeout'
  return /^(ECONN|ENOTFOUND|EAI_|EPIPE|EHOST|ENET|UND_ERR_)/.test(code) ? 'unreachable' : 'store_error'
}
