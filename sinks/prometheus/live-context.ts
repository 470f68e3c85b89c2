/** What is known of a sample's call while it goes by. Only labels come from it: nothing of it is stored. */
export interface LiveContext {
  readonly carrier?: string | undefined
  readonly region?: string | undefined
  /** Used where the sample names no codec. */
  readonly codec?: string | undefined
  /** 32 hex characters. */
  readonly traceId?: string | undefined
  /** Before the answer: early media, shown but not judged. */
  readonly early?: boolean | undefined
}
