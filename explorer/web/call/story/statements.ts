import type { CallRecord, Finding, Reason, Severity } from '#contracts/call-record.ts'
import type { CallSamples } from '#explorer/web/api-types.ts'
import { clockSeconds } from '#explorer/web/format.ts'
import type { View } from '../media/views.ts'
import { type Moment, momentOfBecause, momentOfEvidence, momentOfFinding, momentOfReason } from './moments.ts'
import { findingSentence, reasonSentence, sentenceCase } from './sentences.ts'

/** One thing that is said of the call, and where it can be seen. */
export interface Statement {
  readonly key: string
  readonly tone: Severity | 'none'
  readonly text: string
  /** As the server put it, where that is something else. */
  readonly said: string | undefined
  /** How many streams show it: one direction is often seen at both of its ends. */
  readonly places: number
  readonly moment: Moment | undefined
}

interface Known {
  readonly record: CallRecord
  readonly views: readonly View[]
  readonly thresholds: CallSamples['thresholds'] | undefined
}

export interface Statements {
  /** What made the class. */
  readonly why: readonly Statement[]
  /** What was noticed besides. */
  readonly also: readonly Statement[]
  readonly evidence: readonly Statement[]
}

export function statementsOf({ record, views, thresholds }: Known): Statements {
  const { reasons, findings } = record.verdict
  const labelOf = (stream: string | null | undefined): string =>
    record.streams.find(({ key }) => key === stream)?.label ?? ''
  // Bad at both ends of one direction is one thing to say, and the worse end says it.
  const ofReasons = grouped(reasons, ({ measure, severity, direction }) => `${measure} ${severity} ${direction}`).map(
    ([reason, places]) => ofReason(reason, places),
  )
  const ofFindings = grouped(findings, ({ type, severity, stream, text }) =>
    stream ? `${type} ${severity} ${labelOf(stream)}` : text,
  ).map(([finding, places]) => ofFinding(finding, places))

  function ofReason(reason: Reason, places: number): Statement {
    const text = sentenceCase(reasonSentence(reason, record, thresholds))
    const moment = momentOfReason(reason, views)
    return { key: `${reason.measure} ${reason.stream}`, tone: reason.severity, text, said: reason.text, places, moment }
  }

  function ofFinding(finding: Finding, places: number): Statement {
    const sentence = findingSentence(finding, record)
    // The server's own words may begin with a service's name: those are left as they are.
    const text = sentence === finding.text ? sentence : sentenceCase(sentence)
    const moment = momentOfFinding(finding, { record, views })
    return { key: finding.text, tone: finding.severity, text, said: finding.text, places, moment }
  }

  return {
    why: [...ofFindings.filter(({ tone }) => tone !== 'none'), ...ofReasons],
    also: ofFindings.filter(({ tone }) => tone === 'none'),
    evidence: record.evidence.map((row) => ({
      key: `${row.kind} ${row.id}`,
      tone: row.severity >= 17 ? 'poor' : 'degraded',
      text: [`${clockSeconds(row.atMs)} ${row.service}`, row.name, row.detail]
        .filter((part) => part !== '')
        .join(' · '),
      said: undefined,
      places: 1,
      moment: momentOfEvidence(row),
    })),
  }
}

/** What speaks for whose side it is, in the words of the rules that said it. */
export const becauseStatements = (
  because: readonly string[],
  known: { readonly record: CallRecord; readonly views: readonly View[] },
): readonly Statement[] =>
  because.map((text) => ({
    key: text,
    tone: 'none',
    text: sentenceCase(text),
    said: undefined,
    places: 1,
    moment: momentOfBecause(text, known),
  }))

/** The first of each group, in order, with how many there are. */
function grouped<T>(all: readonly T[], groupOf: (one: T) => string): readonly (readonly [first: T, count: number])[] {
  return [...Map.groupBy(all, groupOf).values()].flatMap((group) =>
    group[0] === undefined ? [] : [[group[0], group.length] as const],
  )
}
