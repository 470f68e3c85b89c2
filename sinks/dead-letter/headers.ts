/** Header names of a dead letter. They hold what our own code says about a message, never what the message says. */
export const letterHeaders = {
  topic: 'callscope-topic',
  partition: 'callscope-partition',
  offset: 'callscope-offset',
  /** When the log took the message, epoch milliseconds. */
  logTime: 'callscope-log-time',
  pipeline: 'callscope-pipeline',
  /** Of the first refusal; all of them, where there are more, are in `refusals`. */
  reason: 'callscope-reason',
  detail: 'callscope-detail',
  refusals: 'callscope-refusals',
  /** How many parts of the message were refused. */
  refused: 'callscope-refused',
  /** The message's own key; absent when it had none. */
  key: 'callscope-key',
  /** Size of the whole body in bytes, where the value holds only its beginning. */
  cutFrom: 'callscope-cut-from',
  contentType: 'content-type',
} as const

/** Before the name of each header that the message came with and that reading it again needs. */
export const originalPrefix = 'original-'
