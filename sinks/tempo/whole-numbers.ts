/**
 * Attributes that OpenTelemetry's semantic conventions (1.37) and those before call integers. Rows hold every value as
 * text; without this `{ span.http.response.status_code >= 500 }` would find nothing. Others stay text: what was text with a
 * number in it (an extension, a code) must not become a number.
 */
const names: ReadonlySet<string> = new Set([
  'http.status_code',
  'http.response.status_code',
  'http.request.body.size',
  'http.response.body.size',
  'http.request.resend_count',
  'http.request_content_length',
  'http.response_content_length',
  'rpc.grpc.status_code',
  'server.port',
  'client.port',
  'network.peer.port',
  'network.local.port',
  'net.peer.port',
  'net.host.port',
  'net.sock.peer.port',
  'net.sock.host.port',
  'messaging.batch.message_count',
  'messaging.kafka.offset',
  'messaging.kafka.message.offset',
  'messaging.message.body.size',
  'db.response.returned_rows',
  'db.operation.batch.size',
  'process.pid',
  'thread.id',
  'code.lineno',
  'code.line.number',
])

const whole = /^-?(?:0|[1-9]\d{0,14})$/

export const isWholeNumber = (key: string, value: string): boolean => names.has(key) && whole.test(value)
