import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import type { HttpParts } from './ports.ts'

const session = z.object({
  version: z.string(),
  role: z.enum(['reader', 'administrator', 'ingest']),
  tenant: z.string().optional().describe('Absent: every tenant can be read.'),
  demo: z.boolean().describe('The traffic is made up.'),
  mayImport: z.boolean(),
})

/** Who asks, as this server sees it: a page shows what it can do. */
export const createSessionEndpoint = ({ settings }: HttpParts): Endpoint => ({
  method: 'GET',
  path: '/api/session',
  access: 'read',
  summary: 'Who asks, and what that allows',
  response: { schema: session, description: 'Role and tenant of the credential, or of this machine without one.' },
  handle: ({ principal: { role, tenant, holdsToken = false }, headers }) => ({
    ...{ version: settings.version, tenant, demo: settings.demo, mayImport: holdsToken },
    // Without a credential nobody administers, whatever this machine may send and read.
    role: headers.authorization === undefined ? 'reader' : role,
  }),
})
