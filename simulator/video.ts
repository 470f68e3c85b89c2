import type { SampleDraft, SampledStream } from './tally.ts'
import { ticks } from './ticks.ts'

const framesPerSecond = 25

/** Video as getStats has it: frames since the start, few of them dropped. Shown by the product, never given a MOS. */
export function* videoSamples({ stream, plan, random, tally }: SampledStream): Generator<SampleDraft> {
  const ssrc = random.int(1, 0xffffffff)
  let decoded = 0
  let dropped = 0
  let sequence = 0
  let fromMs = stream.fromMs
  for (const toMs of ticks(stream, plan)) {
    decoded += Math.round(((toMs - fromMs) * framesPerSecond) / 1_000)
    dropped += random.chance(0.2) ? 1 : 0
    sequence++
    tally.addCumulative(toMs, `${ssrc}`, { ms: 0, received: decoded, lost: 0, discarded: 0 })
    yield {
      atMs: toMs,
      sequence,
      data: {
        scope: 'cumulative',
        ssrc,
        start_id: 'pc-1',
        frames_decoded: decoded,
        frames_dropped: dropped,
        freeze_count: 0,
        freezes_ms: 0,
        frame_width: 1280,
        frame_height: 720,
      },
    }
    fromMs = toMs
  }
}
