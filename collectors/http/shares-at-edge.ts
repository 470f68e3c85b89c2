/** Whether a tenant may send more now, where others share what reads it. */
export interface SharesAtEdge {
  /** Undefined: these bytes may come, beside those in hand. Else the seconds after which to send them again. */
  refuses(tenant: string, request: { readonly bytes: number; readonly inHand: number }): number | undefined
  /** A request was refused for it. */
  refused(tenant: string): void
}
