/**
 * What nobody can do faster with kafkajs: every message of some topics read and its value parsed, nothing else.
 * Usage: node benchmarks/bare-consumer.ts BROKER MESSAGES TOPIC... ; prints {"seconds"} from the first message to the last.
 */
import { Kafka, logLevel } from 'kafkajs'
import { registerCodecs } from '#collectors/kafka/codecs.ts'

const [broker = '', wanted = '0', ...topics] = process.argv.slice(2)
registerCodecs() // the samples come as our producer sends them: zstd
const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({
  ...{ groupId: `bare-${process.pid}`, maxBytesPerPartition: 16 * 1_048_576, maxWaitTimeInMs: 500 },
})
await consumer.connect()
await consumer.subscribe({ topics, fromBeginning: true })
let read = 0
let began = 0
await consumer.run({
  autoCommit: false,
  async eachBatch({ batch }) {
    if (began === 0) began = performance.now()
    for (const { value } of batch.messages) JSON.parse(value?.toString() ?? '')
    read += batch.messages.length
    if (read < Number(wanted)) return
    process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1_000 })}\n`)
    process.exit(0)
  },
})
