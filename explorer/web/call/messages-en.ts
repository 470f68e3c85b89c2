/** What the page of one call says, in English. */
export const callMessagesEn = {} as const
