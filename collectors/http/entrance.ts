import type { FastifyRequest } from 'fastify'
import { createAdmission } from './admission.ts'
import type { Endpoint } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { createShareGate } from './share-gate.ts'

/**
 * Reserves room for the body of an authenticated request, and for what it brings to the log, until `request.release` is called.
 * Throws 429 where its tenant has no room left, 503 where there is none at all.
 */
export function createEntrance({ shares, settings }: Pick<HttpParts, 'shares' | 'settings'>) {
  const admission = createAdmission()
  const gate = createShareGate(shares)
  return async function enter(request: FastifyRequest, { access, bodyLimit = 0 }: Endpoint): Promise<void> {
    const tenant = request.principal?.tenant ?? settings.defaultTenant
    const leave = access === 'ingest' ? await gate.enter(tenant, likelySize(request, bodyLimit)) : undefined
    request.release = leave
    const giveBack = admission.reserve(tenant, sizeAhead(request, bodyLimit))
    request.release = () => {
      leave?.()
      giveBack()
    }
    // Of a client that has gone while it waited the hooks that release have run already.
    if (request.raw.destroyed) request.release()
  }
}

/** Bytes this request may come to hold: compressed bodies count as what they may grow to. */
function sizeAhead(request: FastifyRequest, bodyLimit: number): number {
  const length = Number(request.headers['content-length'] ?? bodyLimit)
  return request.headers['content-encoding'] === undefined ? Math.min(length, bodyLimit) : bodyLimit
}

/** Messages are repetitive text: compressed they are about a tenth. */
const usualCompression = 10

/** Bytes that this request will bring to the log, about. */
function likelySize(request: FastifyRequest, bodyLimit: number): number {
  const length = Number(request.headers['content-length'] ?? bodyLimit)
  return Math.min(bodyLimit, request.headers['content-encoding'] === undefined ? length : usualCompression * length)
}
