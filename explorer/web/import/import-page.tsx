import { t } from '../messages.ts'
export const ImportPage = () => <h1>{t('shell.import')}</h1>
