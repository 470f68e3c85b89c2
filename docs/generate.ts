import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeSchema } from '#app/config-settings.ts'
import { jsonSchemaOf, type SignalName, signals } from '#contracts/signals/index.ts'
import { dataModelPage } from './data-model-page.ts'
import { metricsPage } from './metrics-page.ts'

/** Every file that is made and not written, by its path from this folder. A test holds the committed ones against these. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['data-model.md', dataModelPage()],
    ['configuration.md', configurationPage()],
    ['metrics.md', metricsPage()],
    ...(Object.keys(signals) as SignalName[]).map(
      (signal) => [`schemas/${signal}.json`, `${JSON.stringify(jsonSchemaOf(signal), null, 2)}\n`] as const,
    ),
  ])
}

function configurationPage(): string {
  const rows = describeSchema().map(({ path, variable, default: preset, help }) => {
    const shown = preset === undefined ? '' : `\`${JSON.stringify(preset)}\``
    return `| \`${path}\` | \`${variable}\` | ${shown} | ${help} |`
  })
  return `# Configuration

Made by \`npm run docs\` from \`app/config-schema.ts\`: change that. Defaults, under a YAML file (\`--config FILE\` or
\`CALLSCOPE_CONFIG\`), under \`CALLSCOPE_*\` variables, under options of a command. An unknown setting is an error, an empty
variable counts as not set.
\`callscope doctor --settings\` prints what holds.

| Setting | Variable | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

if (import.meta.main) {
  for (const [path, content] of generatedFiles()) {
    const file = join(import.meta.dirname, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}
