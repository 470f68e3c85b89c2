import type { Lives } from './lives.ts'
import type { Planted } from './plant.ts'
import type { Findings } from './verify.ts'

/** What one kill run came to. */
export interface Figures extends Lives, Findings {
  readonly replay: 'on' | 'off'
  readonly seed: number
  readonly messages: number
  readonly kills: number
  readonly seconds: number
  readonly planted: readonly Planted[]
}

/** Everything that makes a run unsound, in words. */
export function faultsOf({
  lost,
  doubled,
  wrong,
  strangers,
  shared,
  audited,
  planted,
  complaints,
}: Figures): readonly string[] {
  return [
    ...(lost > 0 ? [`${lost} identities were lost`] : []),
    ...(doubled > 0 ? [`${doubled} identities are there that were not sent`] : []),
    ...wrong.map(({ call, differences }) => `${call}: ${differences.join('; ')}`),
    ...strangers.map((id) => `${id}: a record of nothing that was sent`),
    ...shared.map((id) => `${id}: more than one live record`),
    ...audited.map(({ kind, id, seen }) => `the auditor finds ${kind} of ${id}: ${seen.slice(0, 300)}`),
    ...planted.filter(({ found }) => !found).map(({ what }) => `the auditor does not tell: ${what}`),
    ...complaints.map((text) => `a process complained: ${text.slice(0, 2_000)}`),
  ]
}

export function tableOf(figures: Figures): string {
  const { accounts, planted, recoverySeconds } = figures
  const lines: readonly (readonly [string, string | number])[] = [
    ['start-up replay', figures.replay],
    ['seed', figures.seed],
    ['messages', figures.messages],
    ['appended, with repeats', figures.sent],
    ['kills', figures.kills],
    ['recovery, median and most', `${recoverySeconds.median} s, ${recoverySeconds.most} s`],
    ['whole run', `${figures.seconds} s`],
    ...accounts.map(({ kind, sent, kept }) => [`${kind}, sent and kept`, `${sent}, ${kept}`] as const),
    ['lost', figures.lost],
    ['doubled', figures.doubled],
    ['calls, and those that differ from the truth', `${figures.calls}, ${figures.wrong.length}`],
    ['records of nothing, ids with two', `${figures.strangers.length}, ${figures.shared.length}`],
    ['found by the auditor', figures.audited.length],
    ['planted, and found', `${planted.length}, ${planted.filter(({ found }) => found).length}`],
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}

/** Figures without lists, for machines. */
export function summaryOf({ wrong, strangers, shared, audited, complaints, ...figures }: Figures) {
  return {
    ...figures,
    wrong: wrong.length,
    strangers: strangers.length,
    shared: shared.length,
    audited: audited.length,
    complaints: complaints.length,
  }
}
