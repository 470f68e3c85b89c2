import { connect } from 'node:net'

/** Rejects unless the address answers with a success. */
export async function answersHttp(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`)
}

/** Rejects unless somebody listens on the port. */
export const answersTcp = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 })
    const refuse = (error?: Error): void => {
      socket.destroy()
      reject(error ?? new Error('no answer'))
    }
    socket.on('error', refuse)
    socket.on('timeout', () => refuse())
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
  })
