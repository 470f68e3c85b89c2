import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isLoopback } from './guards.ts'
import { networkOf } from './peer.ts'

export interface ConnectionLimits {
  /** Connections open at once. */
  readonly max: number
  /** Of one address, unless it is this machine's: a proxy there speaks for everybody. */
  readonly perAddress: number
}

/** Why a connection was closed: no room, too many of one address, or idle for longest while another needed the room. */
export type ConnectionRefusal = 'full' | 'address' | 'made_room'

export interface ConnectionWatch {
  refused(reason: ConnectionRefusal): void
  /** Once, at the start: how to count those that are open, and how many may be. */
  watch(open: () => number, most: number): void
}

/** Places beyond the limit for this machine: a supervisor's health check gets in while all others are taken. */
const reservedForLoopback = 16

interface BoundOptions extends ConnectionLimits, ConnectionWatch {
  readonly addressOf?: (socket: Socket) => string | undefined
}

/**
 * Bounds a server's connections, whose file descriptors the stores of this process need as well. Where there is no room, the
 * connection without a request that has been so for longest makes some; where all have one, the new connection is closed.
 */
export function boundConnections(server: Server, options: BoundOptions): void {
  const { max, perAddress, refused, addressOf = ({ remoteAddress }) => remoteAddress } = options
  const open = new Map<Socket, string>()
  const byPeer = new Map<string, number>()
  /** Without a request in hand, in the order in which they became so. */
  const idle = new Set<Socket>()
  /** How many requests of a connection are not answered yet: a client may send several before it reads. */
  const inHand = new WeakMap<Socket, number>()
  options.watch(() => open.size, max)

  function refusalOf(peer: string, local: boolean): ConnectionRefusal | undefined {
    if (!local && (byPeer.get(peer) ?? 0) >= perAddress) return 'address'
    if (open.size < max) return undefined
    const [longest] = idle
    if (longest === undefined) return local && open.size < max + reservedForLoopback ? undefined : 'full'
    forget(longest)
    longest.destroy()
    refused('made_room')
    return undefined
  }

  function forget(socket: Socket): void {
    const peer = open.get(socket)
    idle.delete(socket)
    if (peer === undefined) return
    open.delete(socket)
    const left = (byPeer.get(peer) ?? 1) - 1
    if (left > 0) byPeer.set(peer, left)
    else byPeer.delete(peer)
  }

  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket)
    const peer = networkOf(address)
    const refusal = refusalOf(peer, isLoopback(address))
    if (refusal !== undefined) {
      refused(refusal)
      socket.destroy()
      return
    }
    open.set(socket, peer)
    byPeer.set(peer, (byPeer.get(peer) ?? 0) + 1)
    idle.add(socket)
    socket.once('close', () => forget(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    inHand.set(socket, (inHand.get(socket) ?? 0) + 1)
    idle.delete(socket)
    response.once('close', () => {
      const left = (inHand.get(socket) ?? 1) - 1
      inHand.set(socket, left)
      if (left === 0 && open.has(socket)) idle.add(socket)
    })
  })
}
