import { t } from '../messages.ts'
export const CallsPage = () => <h1>{t('shell.calls')}</h1>
