import { withOverrides } from '#quality/codecs.ts'
import type { QualityProfile } from '#quality/profile.ts'
import { createIntervalScorer } from '#quality/score-interval.ts'
import { scoringLayers } from '#quality/score-interval-sql.ts'
import { formulaVersion } from '#quality/version.ts'
import type { Scoring } from '#warehouse/summaries/minute-store.ts'

/** A profile never changes: its SQL is made once, and one profile always gives the same value. */
const scorings = new WeakMap<QualityProfile, Scoring>()

export function scoringBy(profile: QualityProfile): Scoring {
  const known = scorings.get(profile)
  if (known !== undefined) return known
  const scoring: Scoring = {
    layers: scoringLayers(profile),
    codecRows: withOverrides(profile.codecs),
    formulaVersion,
    profileVersion: profile.version,
  }
  scorings.set(profile, scoring)
  return scoring
}

const scorers = new WeakMap<QualityProfile, ReturnType<typeof createIntervalScorer>>()

export function scorerBy(profile: QualityProfile): ReturnType<typeof createIntervalScorer> {
  const known = scorers.get(profile) ?? createIntervalScorer(profile)
  scorers.set(profile, known)
  return known
}
