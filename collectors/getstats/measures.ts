import type { RtcStat } from './rtc-stats.ts'

/** The first field of the stat in hand that cannot be true. Names field and bound, never the value. */
export interface StatFault {
  detail: string | undefined
}

const dayMs = 86_400_000

function refuse(fault: StatFault, name: string, bound: string): undefined {
  fault.detail ??= `${name}: must be ${bound}`
  return undefined
}

/** A counter, 0 to 2^53-1. Absent (or null, as JSON writes NaN) is undefined, never 0. */
export function counterOf(stat: RtcStat, name: string, fault: StatFault): number | undefined {
  const value = stat[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  return refuse(fault, name, 'a whole number from 0 to 2^53-1')
}

/** RFC 3550 clause 6.4.1: the running count of lost packets is signed, for duplicates count as received. */
export function signedOf(stat: RtcStat, name: string, fault: StatFault): number | undefined {
  const value = stat[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  return refuse(fault, name, 'a whole number between -2^53 and 2^53')
}

/** Seconds, as webrtc-stats has all durations, in milliseconds; to the microsecond, so that 0.0035 s is 3.5 ms and not 3.5000000000000004. */
export function millisecondsOf(
  stat: RtcStat,
  name: string,
  { fault, most = dayMs }: { readonly fault: StatFault; readonly most?: number },
): number | undefined {
  const value = stat[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && value >= 0 && value * 1_000 <= most) return Math.round(value * 1e6) / 1e3
  return refuse(fault, name, `seconds, not negative, at most ${most / 1_000}`)
}

/** A width or height in pixels. */
export function pixelsOf(stat: RtcStat, name: string, fault: StatFault): number | undefined {
  const value = counterOf(stat, name, fault)
  return value === undefined || value <= 65_535 ? value : refuse(fault, name, 'at most 65535')
}

/** A synchronization source, which some browsers write as text. */
export function ssrcOf(stat: RtcStat, fault: StatFault): number | undefined {
  const value = typeof stat.ssrc === 'string' && /^\d{1,10}$/.test(stat.ssrc) ? Number(stat.ssrc) : stat.ssrc
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value
  return refuse(fault, 'ssrc', 'a whole number of 32 bits')
}

export const textOf = (stat: RtcStat | undefined, name: string): string | undefined => {
  const value = stat?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
