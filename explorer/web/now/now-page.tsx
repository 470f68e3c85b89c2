import { t } from '../messages.ts'
export const NowPage = () => <h1>{t('shell.now')}</h1>
