import { boundedId } from '../getstats/sample-event.ts'
import type { DumpIdentity } from './dump-identity.ts'
import { createStreamBases, type StreamBases } from './stream-bases.ts'
import type { Tally } from './tally.ts'

export interface PeerConnection {
  /** Epoch of its counters: a PeerConnection that is made again under its old name counts from zero again. */
  readonly startId: string
  readonly bases: StreamBases
  /** Straight to the other participant, not through a media server. */
  p2p: boolean
}

/** The PeerConnections of one dump that are open now. */
export interface PeerConnections {
  create(pc: string, createdMs: number): void
  /** The open one of this name; one that the dump did not see made where there is none. */
  get(pc: string): PeerConnection
  close(pc: string): void
  end(): void
}

export interface PeerConnectionsParts {
  readonly identity: DumpIdentity
  readonly tally: Tally
  /** A conference goes through a media server unless a connection says otherwise. */
  readonly servedByDefault: boolean
}

export function createPeerConnections({ identity, tally, servedByDefault }: PeerConnectionsParts): PeerConnections {
  const open = new Map<string, PeerConnection>()
  const lives = new Map<string, number>()

  function make(pc: string, createdMs: number | undefined): PeerConnection {
    const life = (lives.get(pc) ?? 0) + 1
    lives.set(pc, life)
    const connection: PeerConnection = {
      startId: boundedId(`${identity.key}:${pc}${life === 1 ? '' : `:${life}`}`),
      p2p: false,
      bases: createStreamBases({ createdMs, placeholders: () => servedByDefault && !connection.p2p }),
    }
    open.set(pc, connection)
    return connection
  }

  function noteHeld({ bases }: PeerConnection): void {
    if (bases.held() > 0) tally.note('streams through the media server that never carried a packet were left out')
  }

  return {
    create(pc, createdMs) {
      this.close(pc)
      make(pc, createdMs)
    },
    get: (pc) => open.get(pc) ?? make(pc, undefined),
    close(pc) {
      const connection = open.get(pc)
      if (connection !== undefined) noteHeld(connection)
      open.delete(pc)
    },
    end() {
      for (const connection of open.values()) noteHeld(connection)
    },
  }
}
