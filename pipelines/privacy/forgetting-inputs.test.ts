import { expect, test } from 'vitest'
import type { CallRecord } from '#contracts/call-record.ts'
import type { CallInputs } from '#contracts/summaries.ts'
import { privacyConfig } from './config.ts'
import { erasedSubjects, subjectsOf } from './erased.ts'
import { forgettingInputs } from './forgetting-inputs.ts'
import { createForgetting } from './privacy.ts'
import { resolvePrivacy } from './settings.ts'

const secret = 'a secret of at least 32 characters'
const resolved = resolvePrivacy(
  privacyConfig.parse({
    default: { parties: 'hmac', defaultRegion: 'DE' },
    keys: [{ id: 'k1', validFrom: '2020-01-01T00:00:00Z', secret }],
  }),
  { nowMs: Date.UTC(2026, 0, 1), readFile: () => '' },
)
if (resolved.type === 'refused') throw new Error('refused')
const { settings } = resolved
const subjects = subjectsOf('030 1234567', { tenant: 't', salt: 'salt', settings })
const forgetting = createForgetting({
  settings,
  erased: () => erasedSubjects([{ sequence: 1, tenant: 't', kind: 'party', subjects, madeBy: '', madeMs: 0 }], 'salt'),
})

const event = (from: string, id = 'e') => ({
  ...{ correlationId: 'c', source: 's', id, atMs: 1, type: 'call.started' },
  data: { from, to: '+49307654321' },
})

test('a frozen call, whose raw has gone, forgets whom it has kept', async () => {
  const record = { tenant: 't', id: 'c', events: [event('+49301234567')], evidence: [] } as unknown as CallRecord
  const kept = {
    ...{ cdrs: [], evidence: [], shown: { events: ['1'], evidence: [] } },
    events: [{ row: event('+49301234567', 'kept'), checksum: '2' }],
  }
  const inputs: CallInputs = {
    members: async () => [],
    evidence: async () => [],
    frozen: async () => [{ record, kept, rawUntilMs: 0 }],
  }
  const [standing] = await forgettingInputs(inputs, forgetting).frozen([], { version: 1, logNowMs: 0 })
  expect(standing?.record.events[0]?.data).toEqual({ from: 'erased', to: '+49307654321' })
  expect(standing?.kept?.events[0]?.row.data).toEqual({ from: 'erased', to: '+49307654321' })
})

test('raw that a slow worker has stored once more is folded without who was erased', async () => {
  const inputs: CallInputs = {
    members: async () => [
      {
        ...{ tenant: 't', id: 'c', cdrs: [], streams: [], rawUntilMs: 0 },
        events: [{ row: event('sip:+49301234567@x.example'), checksum: '9' }],
      },
    ],
    evidence: async () => [],
    frozen: async () => [],
  }
  const [member] = await forgettingInputs(inputs, forgetting).members([])
  expect(member?.events[0]?.row.data).toEqual({ from: 'erased', to: '+49307654321' })
})
