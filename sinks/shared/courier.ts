import type { HttpReply, HttpRequest } from './http.ts'
import type { Verdict } from './judge.ts'
import type { RefusalReason, RetryReason } from './observer.ts'

/** Rows of one organisation that go in one request, in the order in which they must arrive. */
export interface Shipment<Row> {
  readonly org: string
  readonly rows: readonly Row[]
  /** Sent before, less the rows that the answer named. */
  readonly again?: true
}

export interface Plan<Row> {
  readonly shipments: readonly Shipment<Row>[]
  /** Rows that no store will be asked for. */
  readonly refused: readonly { readonly row: Row; readonly reason: RefusalReason }[]
}

/** What one store has of its own: how rows become requests, and what its answers say. */
export interface Courier<Row> {
  readonly name: string
  plan(rows: readonly Row[]): Plan<Row>
  encode(shipment: Shipment<Row>): Promise<HttpRequest & { readonly body: Uint8Array }>
  /** Reads an answer that is not judged by its status alone. */
  judge(reply: Extract<HttpReply, { type: 'answered' }>, shipment: Shipment<Row>): Verdict<Row>
  /** Tells a rate from a limit that no waiting mends, by an answer of 429. */
  judgeLimit?(reply: Extract<HttpReply, { type: 'answered' }>): RetryReason
  /** Told of rows that are stored. */
  stored?(shipment: Shipment<Row>): void
  /** Says of a refusal what is the matter and what to do, for the dead letter. */
  explain(reason: RefusalReason): string
  /** Requests that one `deliver` may spend on finding the guilty rows of refused shipments. */
  readonly searchesMax: number
  /** A refused shipment may be stored in part: of what is not searched, only as many are lost as the answer says. */
  readonly storesInPart: boolean
}
