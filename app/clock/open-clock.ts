import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { z } from 'zod'
import type { Clock } from '#contracts/clock.ts'
import type { DataFolder } from '../data-folder.ts'
import { createTrustedClock, type KnownTime, type TrustedClock } from './trusted-clock.ts'

/** Left in the data folder for the next process: a clock that jumps while none runs has jumped all the same. */
export interface KeptClock extends TrustedClock {
  /** Writes down where it stands; what cannot be written now is written the next time. */
  keep(): void
  /** Told of each jump with the first look at it. */
  onJump(listener: () => void): void
}

const clockFile = z.object({ presentMs: z.number(), steadyMs: z.number(), boot: z.string() })

/** Milliseconds that the machine has run, sleep included. */
const sinceBoot = (): number => uptime() * 1_000

/** The clock of this process: the machine's, held against the time that has passed since `folder` was used last. */
export function openClock(wall: Clock, folder: Pick<DataFolder, 'part'> | undefined, steady = sinceBoot): KeptClock {
  const file = folder?.part('clock.json')
  const boot = bootId()
  let tell = (): void => undefined
  const known = file === undefined ? undefined : read(file, boot, steady())
  const clock = createTrustedClock({ wall, steady, known, onJump: () => tell() })
  return {
    ...clock,
    onJump(listener) {
      tell = listener
    },
    keep() {
      if (file === undefined) return
      try {
        writeFileSync(`${file}.new`, JSON.stringify({ presentMs: clock.now(), steadyMs: steady(), boot }))
        renameSync(`${file}.new`, file)
      } catch {
        // A disk that takes nothing is told of by those who have to write.
      }
    },
  }
}

function read(file: string, boot: string, steadyMs: number): KnownTime | undefined {
  try {
    const kept = clockFile.parse(JSON.parse(readFileSync(file, 'utf8')))
    const goesOn = kept.boot === boot && boot !== '' && kept.steadyMs <= steadyMs
    return { presentMs: kept.presentMs, steadyMs: goesOn ? kept.steadyMs : undefined }
  } catch {
    return undefined // not there yet, or damaged: both mean that nothing is known
  }
}

/** Which start of the machine this is. Empty where it does not say: then each start of the process may be one. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
