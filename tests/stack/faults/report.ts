import type { TrafficFile } from '#tests/faults/traffic-file.ts'
import type { Findings } from '#tests/faults/verify.ts'
import type { Scenario } from './scenarios.ts'

/** What one fault came to. */
export interface Row {
  readonly name: string
  readonly title: string
  readonly messages: number
  /** With what producers repeated. */
  readonly appended: number
  /** Distinct identities. */
  readonly stored: number
  readonly deadLettered: number
  readonly lost: number
  readonly doubled: number
  readonly calls: number
  /** Records that differ from the truth, of nothing that was sent, or beside another of the same call. */
  readonly wrong: number
  readonly auditor: number
  /** From the end of the disturbance, and of the messages, until all was dealt with. */
  readonly recoverySeconds: number
  readonly lagAtHeal: number
  readonly seconds: number
  readonly remark: string
  /** Lines that the workers left at the end had logged at error or above. */
  readonly complaints: number
  /** The first things that are wrong, in words. */
  readonly examples: readonly string[]
}

export interface Outcome {
  readonly sent: number
  readonly findings: Findings
  readonly traffic: TrafficFile
  readonly recoverySeconds: number
  readonly lagAtHeal: number
  readonly notes: readonly string[]
  readonly complaints: readonly string[]
  readonly seconds: number
}

const maxExamples = 8

export function rowOf(scenario: Scenario, outcome: Outcome): Row {
  const { findings, traffic } = outcome
  // What a scenario adds to the traffic on purpose is no double.
  const expected = Object.entries(scenario.alsoDead ?? {})
  const accounts = findings.accounts.map((account) => {
    const more = expected.find(([reason]) => account.kind === `dead: ${reason}`)?.[1] ?? 0
    return { ...account, sent: account.sent + more }
  })
  const kept = (dead: boolean): number =>
    accounts.filter(({ kind }) => kind.startsWith('dead:') === dead).reduce((sum, account) => sum + account.kept, 0)
  const over = accounts.reduce((sum, { sent, kept: have }) => sum + Math.max(0, have - sent), 0)
  const under = accounts.reduce((sum, { sent, kept: have }) => sum + Math.max(0, sent - have), 0)
  return {
    ...{ name: scenario.name, title: scenario.title, messages: traffic.messages, appended: outcome.sent },
    ...{ stored: kept(false), deadLettered: kept(true) },
    lost: Math.max(under, findings.perCall.lost),
    doubled: Math.max(over, findings.perCall.doubled),
    calls: findings.calls,
    wrong: findings.wrong.length + findings.strangers.length + findings.shared.length,
    auditor: findings.audited.length,
    ...{ recoverySeconds: outcome.recoverySeconds, lagAtHeal: outcome.lagAtHeal, seconds: outcome.seconds },
    complaints: outcome.complaints.length,
    remark: [...outcome.notes, ...(scenario.remark === undefined ? [] : [scenario.remark])].join('; '),
    examples: [
      ...accounts
        .filter(({ sent, kept: have }) => sent !== have)
        .map(({ kind, sent, kept: have }) => `${kind}: ${have} of ${sent}`),
      ...findings.wrong.map(({ call, differences }) => `${call}: ${differences.join('; ')}`),
      ...findings.strangers.map((id) => `${id}: a record of nothing that was sent`),
      ...findings.shared.map((id) => `${id}: more than one live record`),
      ...findings.audited.map(({ kind, id, seen }) => `the auditor finds ${kind} of ${id}: ${seen.slice(0, 200)}`),
      ...outcome.complaints.map((line) => `a worker said: ${line.slice(0, 300)}`),
    ].slice(0, maxExamples),
  }
}

/** What makes a row unsound, in words. */
export const faultsIn = ({ lost, doubled, wrong, auditor, examples }: Row): readonly string[] =>
  lost + doubled + wrong + auditor === 0
    ? []
    : [`lost ${lost}, doubled ${doubled}, wrong ${wrong}, auditor ${auditor}`, ...examples]

const columns: readonly (readonly [string, (row: Row) => string | number])[] = [
  ['Fault', ({ title }) => title],
  ['Messages', ({ messages }) => messages],
  ['Appended', ({ appended }) => appended],
  ['Stored', ({ stored }) => stored],
  ['Dead letters', ({ deadLettered }) => deadLettered],
  ['Lost', ({ lost }) => lost],
  ['Doubled', ({ doubled }) => doubled],
  ['Calls that differ', ({ wrong, calls }) => `${wrong} of ${calls}`],
  ['Auditor', ({ auditor }) => auditor],
  ['Recovery', ({ recoverySeconds }) => `${recoverySeconds} s`],
  ['Remark', ({ remark }) => remark],
]

/** The rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(([name]) => name)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(([, cell]) => cell(row)))),
  ].join('\n')
}
