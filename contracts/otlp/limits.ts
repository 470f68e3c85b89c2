/**
 * What one OTLP record may hold. Beyond a limit the record is refused (text is cut instead), so that one producer's
 * mistake costs neither memory nor the rest of its batch. OpenTelemetry SDKs stay far below: 128 attributes, 128 events, 128 links.
 */
export const otlpLimits = {
  /** Levels of lists and maps inside one attribute value. */
  depth: 16,
  /** Attributes of one record, one event or one resource. */
  attributes: 256,
  /** Values of one record counted through all levels: 256 attributes of 16 entries each. */
  values: 4_096,
  /** Bytes of UTF-8 kept of a body or of one text attribute; what is longer is cut and says so. */
  textBytes: 65_536,
  /** Resources of a request. Those of a whole cluster come in hundreds. */
  resources: 10_000,
  /** Scopes of a request, through all resources. */
  scopes: 20_000,
  /** Records of a request: at least forty bytes each where they say anything, so that 4 MiB hold no more. */
  records: 100_000,
  /**
   * Messages of a request (objects and lists in JSON) on all levels: a quarter of a second of one core. 4 MiB of records with
   * a dozen attributes each hold 200,000; two bytes make an empty one, so that without a limit they could hold two million.
   */
  messages: 300_000,
  /** Events, and links, of one span. */
  spanParts: 1_024,
} as const

/** What is said of a request beyond `otlpLimits.messages`, on either wire. */
export const tooManyMessages = `body: holds more than ${otlpLimits.messages.toLocaleString('en')} resources, scopes, records, attributes and values in all: send smaller batches`
