export const nowEn = {} as const
