const mebibyte = 1_048_576

/**
 * Largest event that a pipeline reads, bytes of its JSON. Kafka brokers refuse messages of more than 1 MiB unless told
 * otherwise (message.max.bytes); the embedded log must not be laxer.
 */
export const eventBytesRead = mebibyte

/**
 * Largest event that an edge or an import takes, bytes of its JSON: with its key, its headers and what a broker adds, it is a
 * message that any log takes and every pipeline reads.
 */
export const eventBytesTaken = 1_000_000

/** Largest OTLP request, bytes: the most that gRPC, and so OTLP exporters, put into one message unless told otherwise. */
export const otlpBytesTaken = 4 * mebibyte

/** What is said of an event that is larger: the limit, and what to do. */
export const eventTooLarge = `is larger than ${eventBytesTaken.toLocaleString('en')} bytes as JSON, the most for one event: send less in it`

/** Whether a text is longer than so many bytes of UTF-8. No character takes more than three for each of its UTF-16 units. */
export const isLongerThan = (bytes: number, text: string | Uint8Array): boolean =>
  typeof text === 'string' ? 3 * text.length > bytes && Buffer.byteLength(text) > bytes : text.length > bytes
