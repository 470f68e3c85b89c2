import type { ComponentChildren } from 'preact'
import type { Now } from '../api-types.ts'
import { listAddress } from '../calls/filters.ts'
import { count, minutes, mos, share } from '../format.ts'
import { t } from '../messages.ts'

interface TilesProps {
  readonly now: Now
  readonly windowMinutes: number
  readonly tenant: string | undefined
}

/** The figures one looks at first, each with the counts it is made of, each leading to its calls. */
export function Tiles({ now, windowMinutes, tenant }: TilesProps) {
  const { classes, startedCalls, activeCalls, scales, unscoredMinutes } = now
  const judged = classes.good + classes.degraded + classes.poor
  const bad = classes.degraded + classes.poor
  const only = tenant === undefined ? {} : { tenant }
  const since = `${windowMinutes}m`
  return (
    <div class="tiles">
      <Tile title={t('now.active')} value={count(activeCalls)} href={listAddress({ ...only, state: 'open' })}>
        {t('now.active.more', { n: startedCalls })}
      </Tile>
      {scales.map((scale) => (
        <Tile
          key={scale.name}
          title={t('now.below', { threshold: mos(scale.thresholdMos), scale: scale.name })}
          value={share(scale.minutes === 0 ? undefined : scale.belowMinutes / scale.minutes)}
          href={`${listAddress({ ...only, since })}&sort=mos&order=asc`}
          tone={scale.belowMinutes > 0 ? 'bad' : undefined}
        >
          {scale.minutes === 0
            ? t('now.below.none')
            : t('now.below.more', { below: minutes(scale.belowMinutes), minutes: minutes(scale.minutes) })}
        </Tile>
      ))}
      <Tile
        title={t('now.bad')}
        value={share(judged === 0 ? undefined : bad / judged)}
        href={listAddress({ ...only, class: 'poor,degraded', since })}
        tone={bad > 0 ? 'bad' : undefined}
      >
        {t('now.bad.more', { bad: count(bad), calls: count(judged) })}
      </Tile>
      <Tile
        title={t('now.unclassified')}
        value={share(startedCalls === 0 ? undefined : classes.unclassified / startedCalls)}
        href={listAddress({ ...only, class: 'unclassified', since })}
      >
        {t('now.unclassified.more', { n: classes.unclassified, calls: count(startedCalls) })}
      </Tile>
      <Tile title={t('now.unscored')} value={minutes(unscoredMinutes)}>
        {t('now.unscored.more')}
      </Tile>
    </div>
  )
}

interface TileProps {
  readonly title: string
  readonly value: string
  readonly href?: string
  readonly tone?: 'bad' | undefined
  readonly children: ComponentChildren
}

function Tile({ title, value, href, tone, children }: TileProps) {
  const inside = (
    <>
      <span class="tile-title">{title}</span>
      <strong class={`tile-value${tone === undefined ? '' : ` tile-${tone}`}`}>{value}</strong>
      <span class="tile-more">{children}</span>
    </>
  )
  return href === undefined ? (
    <div class="panel tile">{inside}</div>
  ) : (
    <a class="panel tile" href={href}>
      {inside}
    </a>
  )
}
