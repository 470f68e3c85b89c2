import { describeEventLogPromises } from '#tests/promises/event-log.ts'
import { openLog } from './kafka-for-tests.ts'

describeEventLogPromises('Kafka', (topics) => openLog(topics))
