import { useMemo } from 'preact/hooks'
import type { CallRecord } from '#contracts/call-record.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import { createLadderLane, rungHeightPx } from '../lanes/ladder-lane.ts'
import { maxRungs, type Rung, rungsOf } from '../story/ladder.ts'
import { laneIds } from '../story/lane-ids.ts'
import { shortId } from '../story/parties.ts'
import { LaneRow } from './lane-row.tsx'

interface LadderProps {
  readonly record: CallRecord
  /** Up to here last whoever is still in the call. */
  readonly untilMs: number
}

/** Who was in the call when, and what happened to each. */
export function LadderLanes({ record, untilMs }: LadderProps) {
  const rungs = useMemo(() => rungsOf(record, untilMs), [record, untilMs])
  const left = record.legs.length - maxRungs
  return (
    <>
      {rungs.map((rung) => (
        <RungLane key={rung.id} rung={rung} />
      ))}
      {left > 0 && <p class="timeline-note">{t('call.lane.moreLegs', { n: left })}</p>}
    </>
  )
}

function RungLane({ rung }: { readonly rung: Rung }) {
  const make = useMemo(() => createLadderLane(rung), [rung])
  const title = rungTitle(rung)
  return (
    <LaneRow
      id={laneIds.rung(rung.id)}
      kind="rung"
      make={make}
      title={title}
      name={title}
      summary={t('call.lane.call.events', { n: rung.marks.length })}
      heightPx={rungHeightPx}
    />
  )
}

function rungTitle({ leg }: Rung): string {
  if (leg === undefined) return t('call.lane.call')
  const role = t(`call.role.${leg.role ?? 'unknown'}`)
  const device = leg.device === undefined || leg.device === null ? undefined : tIfKnown('call.device', leg.device)
  const parts = [role, device ?? (leg.role === undefined ? shortId(leg.legId) : undefined)]
  return parts.filter((part) => part !== undefined).join(', ')
}
