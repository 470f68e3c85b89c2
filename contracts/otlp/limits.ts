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
  /** Events, and links, of one span. */
  spanParts: 1_024,
} as const
