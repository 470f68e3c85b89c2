import { chooseLanguage, language, languageNames, languages } from '../language.ts'
import { t } from '../messages.ts'
import { session } from '../session.ts'
import { useStore } from '../store.ts'
import { chooseTheme, theme, themes } from '../theme.ts'
import { Icon } from '../ui/icons.tsx'

/** Colours and language, behind one button. The browser's own popover closes on Escape and on a click beside it. */
export function Settings() {
  const who = useStore(session)
  return (
    <>
      <button type="button" class="button-icon" popovertarget="settings" aria-label={t('shell.settings')}>
        <Icon name="settings" />
      </button>
      <div id="settings" popover="auto" class="settings">
        <Choice
          name="theme"
          label={t('shell.theme')}
          values={themes}
          chosen={useStore(theme)}
          textOf={(value) => t(`shell.theme.${value}`)}
          choose={chooseTheme}
        />
        <Choice
          name="language"
          label={t('shell.language')}
          values={languages}
          chosen={useStore(language)}
          textOf={(value) => languageNames[value]}
          choose={chooseLanguage}
        />
        {who.type === 'known' && <p class="muted">{t('shell.version', { version: who.session.version })}</p>}
      </div>
    </>
  )
}

interface ChoiceProps<T extends string> {
  readonly name: string
  readonly label: string
  readonly values: readonly T[]
  readonly chosen: T
  readonly textOf: (value: T) => string
  readonly choose: (value: T) => void
}

function Choice<T extends string>({ name, label, values, chosen, textOf, choose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {values.map((value) => (
        <label key={value} class="choice-one">
          <input type="radio" name={name} checked={value === chosen} onChange={() => choose(value)} />
          {textOf(value)}
        </label>
      ))}
    </fieldset>
  )
}
