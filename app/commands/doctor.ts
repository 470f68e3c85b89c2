import type { Command } from 'commander'
import { runChecks } from '../checks.ts'
import { describeSchema } from '../config-settings.ts'
import { table } from '../text/table.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

interface DoctorOptions extends CommonOptions {
  readonly settings?: boolean
}

export function doctorCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'doctor',
    summary: 'check whether everything that is needed is there',
    examples: ['doctor', 'doctor --settings', 'doctor --json'],
  })
    .option('--settings', 'list every setting with its variable, default and meaning')
    .action((options: DoctorOptions) => (options.settings === true ? settings(parts, options) : doctor(parts, options)))
}

async function doctor(parts: CommandParts, options: DoctorOptions): Promise<void> {
  const config = configFor(parts, options)
  const checks = await runChecks(config, parts.io.now)
  if (checks.some(({ ok }) => !ok)) parts.end('failed')
  await print(parts, options, { checks }, (colours) =>
    table(
      checks,
      [
        {
          title: '',
          cell: ({ ok }) => (ok ? 'ok' : 'no'),
          paint: (text) => (text.trim() === 'ok' ? text : colours.bad(text)),
        },
        { title: 'WHAT', cell: ({ what }) => what },
        { title: 'FOUND', cell: ({ found }) => found, max: 200 },
      ],
      colours,
    ),
  )
}

async function settings(parts: CommandParts, options: DoctorOptions): Promise<void> {
  const all = describeSchema()
  await print(parts, options, { settings: all }, (colours) =>
    table(
      all,
      [
        { title: 'SETTING', cell: ({ path }) => path },
        { title: 'VARIABLE', cell: ({ variable }) => variable },
        {
          title: 'DEFAULT',
          cell: (setting) => (setting.default === undefined ? undefined : JSON.stringify(setting.default)),
        },
        { title: 'MEANING', cell: ({ help }) => help, max: 200 },
      ],
      colours,
    ),
  )
}
