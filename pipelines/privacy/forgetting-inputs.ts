import type { CallEventRow, CdrRow, EvidenceRow } from '#contracts/call-record.ts'
import type { Privacy } from '#contracts/privacy.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import type { CallInputs, Fact, StandingCall } from '#contracts/summaries.ts'

/**
 * What records are folded from, without those who were erased: raw may still hold them when a record is made, and a frozen
 * record has kept them for good. `forgetting`: erasures alone, from `createForgetting`.
 */
export function forgettingInputs(inputs: CallInputs, forgetting: Privacy): CallInputs {
  const ofEvent =
    (tenant: string) =>
    <Row extends CallEventRow | CdrRow>(row: Row): Row => {
      const { data } = forgetting.data(row.data, { tenant, atMs: row.atMs, correlationId: row.correlationId })
      return data === row.data ? row : { ...row, data }
    }
  const ofEvidence =
    (tenant: string) =>
    (row: EvidenceRow): EvidenceRow => {
      const whose = { tenant, atMs: row.atMs, correlationId: row.subject }
      const { body: detail, attributes } = forgetting.line(
        { ...nothingElse, body: row.detail, attributes: { name: row.name } },
        whose,
      )
      const name = String(attributes.name)
      return name === row.name && detail === row.detail ? row : { ...row, name, detail }
    }
  return {
    async members(members) {
      return (await inputs.members(members)).map((member) => ({
        ...member,
        events: facts(member.events, ofEvent(member.tenant)),
        cdrs: facts(member.cdrs, ofEvent(member.tenant)),
      }))
    },
    async evidence(subjects) {
      return (await inputs.evidence(subjects)).map((said) => ({ ...said, row: ofEvidence(said.tenant)(said.row) }))
    },
    frozen: async (places, context) => (await inputs.frozen(places, context)).map(ofStanding),
  }

  function ofStanding(standing: StandingCall): StandingCall {
    const { record, kept } = standing
    const [event, said] = [ofEvent(record.tenant), ofEvidence(record.tenant)]
    return {
      ...standing,
      record: { ...record, events: record.events.map(event), evidence: record.evidence.map(said) },
      kept: kept && {
        ...kept,
        events: facts(kept.events, event),
        cdrs: facts(kept.cdrs, event),
        evidence: facts(kept.evidence, said),
      },
    }
  }
}

/** Evidence as a log line: its texts are treated as those of lines are. */
const nothingElse: LogLine = {
  ...{
    timeUnixNano: '0',
    severityNumber: 0,
    severityText: '',
    traceId: '',
    spanId: '',
    serviceName: '',
    scopeName: '',
  },
  ...{ body: '', resource: {}, attributes: {} },
}

const facts = <Row>(of: readonly Fact<Row>[], forget: (row: Row) => Row): readonly Fact<Row>[] =>
  of.map((fact) => {
    const row = forget(fact.row)
    return row === fact.row ? fact : { ...fact, row }
  })
