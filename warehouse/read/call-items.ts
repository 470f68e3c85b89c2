import type { CallListItem } from '#contracts/warehouse.ts'

/** A call as lists show it, straight from its columns. */
export type ItemRow = readonly [
  tenant: string,
  id: string,
  atMs: number,
  ...times: [answeredMs: number | null, endedMs: number | null, asOfMs: number],
  ...standing: [state: string, callClass: string, unclassified: string, disposition: string, conference: number],
  ...parties: [direction: string, from: string, to: string],
  ...way: [carrier: string, gateway: string, route: string, region: string, codec: string],
  ...quality: [talkMs: number | null, worstHundredths: number, worstName: string],
  ...verdict: [reasons: string[], findings: string[], fault: string, confidenceHundredths: number],
  version: number,
]

const milliseconds = (name: string): string => `toUnixTimestamp64Milli(${name})`

export const itemColumns = `tenant, id, ${['at', 'answered_at', 'ended_at', 'as_of'].map(milliseconds).join(', ')},
  state, class, unclassified, disposition, conference, direction, from_party, to_party,
  carrier, gateway, route, region, codec, talk_ms, worst_mos_hundredths, worst_mos_name,
  reasons, findings, fault, fault_confidence_hundredths, version`

/** Watermark that the record was judged at: no part of what a list shows of one call. */
export const asOfMsOf = (row: ItemRow): number => row[5]

const known = (text: string): string | undefined => (text === '' ? undefined : text)

export function itemOf(row: ItemRow): CallListItem {
  const [tenant, id, startedMs, answeredMs, endedMs, , state, callClass, unclassified, disposition, conference] = row
  const [direction, from, to, carrier, gateway, route, region, codec] = row.slice(11, 19) as string[]
  const [talkMs, worst, worstName] = row.slice(19, 22) as [number | null, number, string]
  const [reasons, findings, fault, confidence, version] = row.slice(22) as [string[], string[], string, number, number]
  return {
    ...{ tenant, id, startedMs, answeredMs: answeredMs ?? undefined, endedMs: endedMs ?? undefined },
    state: state as CallListItem['state'],
    class: callClass as CallListItem['class'],
    ...{ unclassified: known(unclassified), disposition, conference: conference === 1 },
    ...{ direction: known(direction ?? ''), from: known(from ?? ''), to: known(to ?? '') },
    ...{ carrier: known(carrier ?? ''), gateway: known(gateway ?? ''), route: known(route ?? '') },
    ...{ region: known(region ?? ''), codec: known(codec ?? ''), talkMs: talkMs ?? undefined },
    ...{ worstMos: worst === 0 ? undefined : worst / 100, worstMosName: known(worstName), reasons, findings },
    ...{ fault: known(fault), faultConfidence: fault === '' ? undefined : confidence / 100, version },
  }
}
