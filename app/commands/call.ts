import type { Command } from 'commander'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { callStory } from '../text/call-story.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface CallOptions extends CommonOptions {
  readonly tenant?: string
}

export function callCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'call',
    summary: "one call's whole story",
    description:
      'The whole record of one call: timeline, legs, streams by observer, quality, findings, verdict with its reasons, evidence, logs and spans.',
    examples: [
      'call 5f0c2f7e',
      'call trace:0af7651916cd43dd8448eb211c80319c',
      'call 5f0c2f7e --json | jq .record.verdict',
    ],
  })
    .argument('<id>', 'any correlation id of the call, or trace:<trace id>')
    .option('--tenant <id>', 'look in one tenant only')
    .action((id: string, options: CallOptions) => call(parts, id, options))
}

async function call(parts: CommandParts, id: string, options: CallOptions): Promise<void> {
  const config = configFor(parts, options)
  const whole = await withDesk({ config, command: 'call', now: parts.io.now }, ({ desk }) =>
    desk.calls.whole(options.tenant, id),
  )
  if (whole === undefined) throw new CommandError('notFound', `there is no call "${id}": "callscope calls" lists them`)
  await print(parts, options, whole, (colours) => callStory(whole, colours))
}
