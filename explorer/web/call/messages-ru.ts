/** What the page of one call says, in Russian. */
export const callMessagesRu = {} as const
