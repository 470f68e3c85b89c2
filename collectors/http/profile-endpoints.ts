import { z } from 'zod'
import { qualityProfile } from '#quality/profile.ts'
import { parseJson } from './body.ts'
import { Answer, bodyAs, type Endpoint, pointInTime, queryOf } from './endpoint.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'
import { profileList, profileSet } from './response-schemas.ts'

const tenant = z.string().min(1).max(100)
const ofTenant = z.strictObject({ tenant })

/** How a tenant's calls are judged. */
export function createProfileEndpoints({ desk, clock }: HttpParts): readonly Endpoint[] {
  const newProfile = z.strictObject({
    tenant,
    profile: qualityProfile,
    validFrom: pointInTime(clock).optional().describe('A date-time, or how long ago (90m, 24h, 7d); default now.'),
  })
  return [
    {
      method: 'GET',
      path: '/api/profiles',
      access: 'administer',
      summary: "A tenant's quality profiles, oldest first, and the ready ones of vendors",
      query: ofTenant,
      response: { schema: profileList, description: 'Versions and when they begin to hold.' },
      handle: (asked) => desk.profiles.list(queryOf(ofTenant, asked).tenant),
    },
    {
      method: 'GET',
      path: '/api/profiles/:version',
      access: 'administer',
      auditTarget: 'version',
      summary: 'One quality profile, as it can be set again under another version',
      query: ofTenant,
      response: { schema: qualityProfile, description: 'Thresholds.' },
      async handle(asked) {
        const profile = await desk.profiles.show(queryOf(ofTenant, asked).tenant, asked.params.version ?? '')
        if (profile === undefined) throw new Problem(404, 'there is no such profile')
        return profile
      },
    },
    {
      method: 'POST',
      path: '/api/profiles',
      access: 'administer',
      summary: 'Judge a tenant by a quality profile from some time on; what it holds for is judged anew',
      request: { types: ['application/json'], schema: newProfile },
      response: { schema: profileSet, description: 'What holds now, and how many calls are judged anew.' },
      bodyLimit: 262_144,
      async handle({ body }) {
        const { validFrom, ...rest } = bodyAs(newProfile, parseJson(body))
        return new Answer(201, await desk.profiles.set({ ...rest, validFromMs: validFrom }))
      },
    },
  ]
}
