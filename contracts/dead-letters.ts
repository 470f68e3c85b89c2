/** One refusal within a message, by its place among the message's refusals. */
export interface Refusal {
  readonly index: number
  readonly reason: string
  /** Names the field and the fix; quotes no value. */
  readonly detail: string
}

/** A message that was refused for good, as people see it. */
export interface DeadLetter {
  /** Where the letter lies in the dead-letter topic, `partition-offset`: short enough to type. */
  readonly id: string
  /** What the letter is: `topic/partition/offset/pipeline`. Equal after a repeat. */
  readonly identity: string
  /** When the log took the message (an edge's letter: the letter), epoch milliseconds. */
  readonly atMs: number
  /** Of the first refusal. */
  readonly reason: string
  readonly detail: string
  readonly pipeline: string
  readonly topic: string
  /** -1 for a message that an edge refused before it had a place. */
  readonly partition: number
  readonly offset: number
  readonly tenant: string | undefined
  /** How many parts of the message were refused. */
  readonly refused: number
  /** The first of them. */
  readonly refusals: readonly Refusal[]
  /** False when only the beginning of the body was kept. */
  readonly whole: boolean
  /** The message named somebody who was erased: why it was refused is kept, what it said is not. */
  readonly erased: boolean
}

/** One letter with the message itself: text where it is text, else base64 behind `base64:`. */
export interface ShownLetter extends DeadLetter {
  readonly body: string
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[]
  /** Opaque; undefined on the last page. */
  readonly nextCursor: string | undefined
}

/** `cut`: only the beginning of the body was kept, `erased`: nothing of it was, so it cannot be sent again. */
export type Replayed = 'replayed' | 'not_found' | 'cut' | 'erased'

export interface DeadLetterDesk {
  /** Latest first within each partition of the dead-letter topic (the embedded log has one). */
  list(page: { readonly limit: number; readonly cursor?: string }): Promise<DeadLetterPage>
  show(id: string): Promise<ShownLetter | undefined>
  /** Appends the message again where it came from. Its letter stays: what happened, happened. */
  replay(id: string): Promise<Replayed>
}
