import type { importEn } from './import-en.ts'
import type { Same } from './same.ts'

export const importRu: Same<typeof importEn> = {
  'import.title': 'Импорт',
  'import.what': 'Дамп превращается в обычные звонки. Повторный импорт того же файла ничего не меняет.',
  'import.drop': 'Перетащите дамп в любое место страницы',
  'import.letGo': 'Отпустите, чтобы импортировать',
  'import.formats':
    'Дампы getStats (rtcstats, Jitsi, chrome://webrtc-internals), логи и трейсы OTLP в JSON, CloudEvents построчно в JSON; можно сжатые gzip. Формат определяется сам.',
  'import.choose': 'Выбрать файлы',
  'import.most': 'До {n} файлов сразу, по очереди.',
  'import.tenant': 'Клиент',
  'import.tenant.default': 'по умолчанию',
  'import.token': 'Для импорта нужен токен администратора',
  'import.token.why':
    'Читать вам можно, а вносить данные — нет. Токен лежит в папке данных, в файле administrator.token; команда «npx callscope open» печатает адрес, в котором он уже есть.',
  'import.waiting': 'Ждёт предыдущий файл',
  'import.sending': 'Отправка {share}',
  'import.reading': 'Сервер читает файл',
  'import.failed': 'Не импортировано.',
  'import.nothing': 'В этом файле нечего импортировать.',
  'import.calls': { one: '{n} звонок', few: '{n} звонка', many: '{n} звонков', other: '{n} звонка' },
  'import.judging': 'оценивается …',
  'import.notYet': 'ещё не оценён: появится в списке',
  'import.moreCalls': {
    one: 'и ещё {n} в списке звонков',
    few: 'и ещё {n} в списке звонков',
    many: 'и ещё {n} в списке звонков',
    other: 'и ещё {n} в списке звонков',
  },
  'import.notes': 'Примечания',
  'import.refused': {
    one: 'Отклонена {n} запись',
    few: 'Отклонены {n} записи',
    many: 'Отклонено {n} записей',
    other: 'Отклонено {n} записи',
  },
  'import.refused.reason': 'Причина',
  'import.refused.count': 'Сколько',
  'import.refused.example': 'Первая',
  'import.count.calls': 'Звонки',
  'import.count.streams': 'Потоки',
  'import.count.samples': 'Замеры',
  'import.count.events': 'События',
  'import.count.logs': 'Строки логов',
  'import.count.spans': 'Спаны',
  'import.count.refused': 'Отклонено',
}
